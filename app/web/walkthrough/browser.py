"""A person at the portal's web pages, without a browser: forms, uploads, waiting."""

import html
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from app.web.walkthrough.errors import StepFailed

PART = 16 * 2**20
BATCH = 50
FINAL = {"SUCCEEDED", "FAILED", "CANCELLED", "PARTIAL", "READY", "INVALID"}
STATE = re.compile(r'data-state="([A-Z_]+)"')
REASON = re.compile(r"<[^>]*data-reason[^>]*>(.*?)</", re.S)
ERROR = re.compile(r'class="[^"]*(?:field-error|form-errors|alert-danger)[^"]*"[^>]*>(.*?)</', re.S)


class Browser:
    """One signed-in person. Every method raises `StepFailed` with what the page said."""

    def __init__(self, base_url: str) -> None:
        self.http = httpx.Client(base_url=base_url, follow_redirects=True, timeout=60)
        self.base_url = base_url

    def sign_in(self, username: str, password: str) -> None:
        """Sign in through the form."""
        page = self.post("/sign-in/", login=username, password=password)
        if "/sign-in/" in str(page.url):
            raise StepFailed(f"Signing in as {username} was refused.")

    def get(self, path: str, **params: str) -> httpx.Response:
        """Open a page."""
        return _checked(self.http.get(path, params=params or None))

    def post(self, path: str, *, page: str = "", **fields: Any) -> httpx.Response:
        """Open the form at ``page`` (or ``path``) and send it."""
        self.get(page or path)
        token = self.http.cookies.get("hounsfield_csrf") or ""
        data = {"csrfmiddlewaretoken": token, **fields}
        referer = {"Referer": f"{self.base_url}{path}"}
        return _checked(self.http.post(path, data=data, headers=referer))

    def send(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Send JSON as the script of a page does; return what is answered."""
        return self._api("POST", path, body)

    def fill(self, path: str, **fields: Any) -> str:
        """Send a form that must lead to another page; return that page's path."""
        response = self.post(path, **fields)
        landed = urlsplit(str(response.url)).path
        if landed == urlsplit(path).path:
            raise StepFailed(f"{path} was not accepted: {_complaint(response.text)}")
        return landed

    def upload(self, files: Iterable[Path]) -> str:
        """Upload files in parts; return their ids, comma separated, as the form wants them."""
        paths = list(files)
        small = [path for path in paths if path.stat().st_size <= PART]
        ids = {path: self._upload_large(path) for path in paths if path not in set(small)}
        for start in range(0, len(small), BATCH):
            ids.update(self._upload_small(small[start : start + BATCH]))
        return ",".join(ids[path] for path in paths)

    def wait(self, path: str, *, seconds: float, until: Callable[[str], bool] | None = None) -> str:
        """Reload a page until its first state is final (or ``until`` holds); return the page."""
        deadline = time.monotonic() + seconds
        while True:
            text = self.get(path).text
            if until(text) if until else state_of(text) in FINAL:
                return text
            if time.monotonic() > deadline:
                raise StepFailed(f"{path} was still {state_of(text)} after {seconds:.0f} s.")
            time.sleep(0.3)

    def _upload_small(self, paths: list[Path]) -> dict[Path, str]:
        files = [{"filename": path.name, "size": path.stat().st_size} for path in paths]
        rows = self._api("POST", "/api/v1/uploads/batch/", {"files": files})["uploads"]
        finished = []
        for path, row in zip(paths, rows, strict=True):
            content = path.read_bytes()
            parts = [self._put(row["presigned_urls"]["1"], 1, content)] if content else []
            finished.append({"pk": row["pk"], "parts": parts})
        done = self._api("PATCH", "/api/v1/uploads/batch/", {"uploads": finished})["uploads"]
        for row in done:
            if "problem" in row:
                raise StepFailed(f"An upload failed: {row['problem']['detail']}")
        return {path: row["pk"] for path, row in zip(paths, rows, strict=True)}

    def _upload_large(self, path: Path) -> str:
        announced = {"filename": path.name, "size": path.stat().st_size}
        row = self._api("POST", "/api/v1/uploads/", announced)
        address = f"/api/v1/uploads/{row['pk']}/{row['s3_upload_id']}"
        parts = []
        with path.open("rb") as file:
            for number, chunk in enumerate(iter(lambda: file.read(PART), b""), start=1):
                signed = self._api(
                    "PATCH", f"{address}/generate-presigned-urls/", {"part_numbers": [number]}
                )
                parts.append(self._put(signed["presigned_urls"][str(number)], number, chunk))
        self._api("PATCH", f"{address}/complete-multipart-upload/", {"parts": parts})
        return str(row["pk"])

    def _put(self, url: str, number: int, content: bytes) -> dict[str, Any]:
        response = httpx.put(url, content=content, timeout=300)
        if response.status_code != 200:
            raise StepFailed(f"A part was refused: {response.status_code} {response.text[:200]}")
        return {"ETag": response.headers["ETag"], "PartNumber": number}

    def _api(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {
            "X-CSRFToken": self.http.cookies.get("hounsfield_csrf") or "",
            "Referer": self.base_url,
        }
        found: dict[str, Any] = _checked(
            self.http.request(method, path, json=body, headers=headers)
        ).json()
        return found


def state_of(page: str) -> str:
    """Return the first state that a page shows."""
    found = STATE.search(page)
    return found.group(1) if found else ""


def reason_in(page: str) -> str:
    """Return the reason that a page gives, or an empty string."""
    found = REASON.search(page)
    return _text(found.group(1)) if found else ""


def _complaint(page: str) -> str:
    return "; ".join(_text(found) for found in ERROR.findall(page)) or "no reason is shown"


def _text(fragment: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", fragment)).strip()


def _checked(response: httpx.Response) -> httpx.Response:
    if response.status_code >= 400:
        where = urlsplit(str(response.url)).path
        raise StepFailed(f"{where} answered {response.status_code}: {_complaint(response.text)}")
    return response
