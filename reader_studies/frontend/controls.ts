/** Reading and writing the controls of questions. */

export type ControlName =
  | "yes_no" | "radio" | "checkboxes" | "select" | "select_multiple" | "number" | "range" | "text_input" | "text_area" | "drawing";

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

function fieldsOf(question: HTMLElement): readonly Field[] {
  const name = `q-${question.dataset.question ?? ""}`;
  return [...question.querySelectorAll<Field>("input, textarea, select")].filter((field) => field.name === name);
}

/** What is answered now; null where nothing is. */
export function answerOf(question: HTMLElement): unknown {
  const fields = fieldsOf(question);
  const [first] = fields;
  switch (question.dataset.control as ControlName) {
    case "yes_no":
    case "radio":
      return (fields as HTMLInputElement[]).find(({ checked }) => checked)?.value ?? null;
    case "checkboxes":
      return (fields as HTMLInputElement[]).filter(({ checked }) => checked).map(({ value }) => value);
    case "select_multiple":
      return [...(first as HTMLSelectElement).selectedOptions].map(({ value }) => value);
    case "range":
      return first?.dataset.unset === undefined ? (first?.value ?? null) : null;
    case "drawing":
      return first?.value ? (JSON.parse(first.value) as unknown) : null;
    default:
      return first?.value.trim() || null;
  }
}

export function isEmpty(answer: unknown): boolean {
  return answer === null || (Array.isArray(answer) && answer.length === 0);
}

/** Shows an answer that came from elsewhere. */
export function showAnswer(question: HTMLElement, answer: unknown): void {
  const fields = fieldsOf(question);
  const [first] = fields;
  if (!first) return;
  const chosen = new Set((Array.isArray(answer) ? answer : [answer]).map(String));
  switch (question.dataset.control as ControlName) {
    case "yes_no":
    case "radio":
    case "checkboxes":
      (fields as HTMLInputElement[]).forEach((field) => { field.checked = chosen.has(field.value); });
      break;
    case "select_multiple":
      [...(first as HTMLSelectElement).options].forEach((option) => { option.selected = chosen.has(option.value); });
      break;
    case "drawing":
      first.value = answer === null ? "" : JSON.stringify(answer);
      break;
    case "range":
      showRange(first as HTMLInputElement, answer === null ? null : String(answer));
      break;
    default:
      first.value = answer === null ? "" : String(answer as string | number);
  }
}

/** A slider that was not moved is no answer, although it stands somewhere. */
export function showRange(slider: HTMLInputElement, value: string | null): void {
  if (value === null) slider.dataset.unset = "";
  else {
    delete slider.dataset.unset;
    slider.value = value;
  }
  const output = slider.parentElement?.querySelector("output");
  if (output) output.textContent = value === null ? "not set" : slider.value;
}

export function confirmBox(question: HTMLElement): HTMLInputElement | null {
  return question.querySelector<HTMLInputElement>(`[name="c-${question.dataset.question ?? ""}"]`);
}

export function explanationOf(question: HTMLElement): string | undefined {
  return question.querySelector<HTMLTextAreaElement>(`[name="e-${question.dataset.question ?? ""}"]`)?.value;
}

export interface Steps {
  readonly minimum: number | null;
  readonly maximum: number | null;
  readonly step: number | null;
}

/** The number one step up or down, on the grid of steps from the smallest; decimals stay as they are written. */
export function stepped(text: string, by: 1 | -1, { minimum, maximum, step }: Steps): string {
  const size = step ?? 1;
  const start = minimum ?? 0;
  const given = Number.parseFloat(text.replace(",", "."));
  if (!Number.isFinite(given)) return String(minimum ?? Math.min(0, maximum ?? 0));
  const digits = Math.max(decimals(size), decimals(start));
  const place = (given - start) / size;
  const near = Math.round(place);
  const onGrid = Math.abs(place - near) < 1e-9;
  const next = onGrid ? near + by : by > 0 ? Math.ceil(place) : Math.floor(place);
  const lowest = minimum === null ? next : Math.max(0, next);
  const highest = maximum === null ? lowest : Math.min(Math.floor((maximum - start) / size + 1e-9), lowest);
  return String(Number((start + highest * size).toFixed(digits)));
}

function decimals(value: number): number {
  const [mantissa = "", exponent = "0"] = value.toString().split("e");
  return Math.max(0, (mantissa.split(".")[1]?.length ?? 0) - Number(exponent));
}

export function stepsOf({ dataset }: HTMLElement): Steps {
  const number = (text: string | undefined): number | null => (text === undefined ? null : Number(text));
  return { minimum: number(dataset.minimum), maximum: number(dataset.maximum), step: number(dataset.step) };
}
