"""Names of viewports, in the order in which hanging protocols fill them."""

from viewer.hanging import VIEWPORTS

__all__ = ["VIEWPORTS"]
