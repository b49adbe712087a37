"""Names of viewports, in the order in which hanging protocols fill them."""

VIEWPORTS = (
    *("main", "secondary", "tertiary", "quaternary", "quinary", "senary", "septenary", "octonary"),
    *("nonary", "denary", "undenary", "duodenary", "tredenary", "quattuordenary", "quindenary"),
    *("sexdenary", "septendenary", "octodenary", "novemdenary", "vigintenary"),
)
