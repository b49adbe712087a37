/**
 * Forms that ask the browser for a passkey before they are sent.
 *
 * `data-passkey` says what to do ("create" or "get"). What the server wants to know stands in the
 * form's `data-passkey-options` (JSON), or is fetched from `data-passkey-from`; the browser's answer
 * goes into the hidden field `credential`.
 */
import { forEachNowAndLater } from "./dom";
import { showToast } from "./toasts";

interface Wanted {
  creation_options?: { publicKey: PublicKeyCredentialCreationOptionsJSON };
  request_options?: { publicKey: PublicKeyCredentialRequestOptionsJSON };
}

export function setUpPasskeys(): void {
  forEachNowAndLater<HTMLFormElement>("form[data-passkey]", (form) => {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void answer(form);
    });
  });
}

async function answer(form: HTMLFormElement): Promise<void> {
  const field = form.querySelector<HTMLInputElement>('input[name="credential"]');
  if (!field) return;
  if (!("credentials" in navigator) || !("parseCreationOptionsFromJSON" in PublicKeyCredential)) {
    showToast({ text: "This browser cannot use passkeys. Choose another way.", tone: "warning" });
    return;
  }
  try {
    const wanted = await optionsOf(form);
    const passwordless = form.querySelector<HTMLInputElement>('input[name="passwordless"]');
    const found =
      form.dataset["passkey"] === "create"
        ? await create(wanted, passwordless?.checked ?? false)
        : await get(wanted);
    field.value = JSON.stringify(found.toJSON());
    form.submit();
  } catch (error) {
    showToast({ text: messageFor(error), tone: "warning" });
  }
}

async function optionsOf(form: HTMLFormElement): Promise<Wanted> {
  const { passkeyOptions, passkeyFrom } = form.dataset;
  if (passkeyOptions) return JSON.parse(passkeyOptions) as Wanted;
  const response = await fetch(passkeyFrom ?? form.action, {
    headers: { Accept: "application/json" },
  });
  if (!response.ok) throw new Error(`the portal answered ${response.status}`);
  return (await response.json()) as Wanted;
}

/** A passkey that replaces the password lives in the device, which checks who holds it. */
async function create(wanted: Wanted, passwordless: boolean): Promise<PublicKeyCredential> {
  const options = wanted.creation_options?.publicKey;
  if (!options) throw new Error("the page has no options");
  const authenticatorSelection: AuthenticatorSelectionCriteria = {
    ...options.authenticatorSelection,
    residentKey: passwordless ? "required" : "discouraged",
    requireResidentKey: passwordless,
    ...(passwordless ? { userVerification: "required" } : {}),
  };
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON({
    ...options,
    authenticatorSelection,
  });
  return present(await navigator.credentials.create({ publicKey }));
}

async function get(wanted: Wanted): Promise<PublicKeyCredential> {
  const options = wanted.request_options?.publicKey;
  if (!options) throw new Error("the page has no options");
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return present(await navigator.credentials.get({ publicKey }));
}

function present(found: Credential | null): PublicKeyCredential {
  if (!(found instanceof PublicKeyCredential)) throw new Error("the browser gave no passkey");
  return found;
}

function messageFor(error: unknown): string {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError") return "No passkey was used. Try again, or choose another way.";
  if (name === "InvalidStateError") return "This device already has a passkey for your account.";
  return "That passkey did not work. Try again, or choose another way.";
}
