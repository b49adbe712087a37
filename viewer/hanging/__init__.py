"""How images hang: viewports on a screen, what lies in them, and which protocol fits; no Django."""

from viewer.hanging.checks import FILLS, check_content, check_content_form, check_protocol
from viewer.hanging.icon import svg_icon
from viewer.hanging.layout import LAYOUT_SCHEMA, check_layout
from viewer.hanging.matching import Candidate, Hung, Slot, hang
from viewer.hanging.schema import CONTENT_SCHEMA, PROTOCOL_SCHEMA, SPECIALIZED_VIEWS, VIEWPORTS

__all__ = [
    "CONTENT_SCHEMA",
    "FILLS",
    "LAYOUT_SCHEMA",
    "PROTOCOL_SCHEMA",
    "SPECIALIZED_VIEWS",
    "VIEWPORTS",
    "Candidate",
    "Hung",
    "Slot",
    "check_content",
    "check_content_form",
    "check_layout",
    "check_protocol",
    "hang",
    "svg_icon",
]
