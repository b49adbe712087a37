"""How the schema describes what every address has in common."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent, get_view_model

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "What went wrong, and what to do next (RFC 9457).",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "advice": {"type": "string"},
        "fields": {"type": "object"},
    },
}


class Schema(AutoSchema):  # type: ignore[no-untyped-call]
    """Adds the problem details that every operation may answer, and groups by area."""

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        """Return the operation with its errors."""
        operation = super().get_operation(*args, **kwargs)  # type: ignore[no-untyped-call]
        if operation is not None:
            problem = ResolvedComponent(
                name="Problem", type=ResolvedComponent.SCHEMA, object="Problem", schema=PROBLEM
            )
            self.registry.register_on_missing(problem)
            operation["responses"]["default"] = {
                "description": "A problem detail (RFC 9457).",
                "content": {"application/problem+json": {"schema": problem.ref}},
            }
        return operation

    def get_description(self) -> str:
        """Name what a general "show one" shows."""
        found: str = super().get_description()  # type: ignore[no-untyped-call]
        model = get_view_model(self.view, emit_warnings=False)  # type: ignore[no-untyped-call]
        if found != "Show one." or model is None:
            return found
        return f"Show one {model._meta.verbose_name}."

    def get_tags(self) -> list[str]:
        """Group operations by what a token must reach."""
        return [getattr(self.view, "area", "") or "general"]


class _TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "app.accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
