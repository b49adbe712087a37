"""The words of a file that are passed on: those of the standard, since any other may be a name."""

from __future__ import annotations

MODALITIES = frozenset({
    "AR", "ASMT", "AU", "BDUS", "BI", "BMD", "CD", "CF", "CP", "CR", "CS", "CT", "CTPROTOCOL",
    "DD", "DF", "DG", "DM", "DMS", "DOC", "DS", "DX", "EC", "ECG", "EEG", "EMG", "EOG", "EPS",
    "ES", "FA", "FID", "FS", "GM", "HC", "HD", "IO", "IOL", "IVOCT", "IVUS", "KER", "KO",
    "LEN", "LP", "LS", "M3D", "MA", "MG", "MR", "MS", "NM", "OAM", "OCT", "OP", "OPM", "OPR",
    "OPT", "OPTBSV", "OPTENF", "OPV", "OSS", "OT", "PA", "PLAN", "POS", "PR", "PT", "PX",
    "REG", "RESP", "RF", "RG", "RTDOSE", "RTIMAGE", "RTINTENT", "RTPLAN", "RTRAD", "RTRECORD",
    "RTSEGANN", "RTSTRUCT", "RWV", "SEG", "SM", "SMR", "SR", "SRF", "ST", "STAIN",
    "TEXTUREMAP", "TG", "US", "VA", "VF", "XA", "XAPROTOCOL", "XC",
})  # fmt: skip
"""PS3.3 section C.7.3.1.1.1, retired ones too."""
UNITS = frozenset({
    "1CM", "BQML", "CM2", "CM2ML", "CNTS", "CPS", "ED", "EDW", "GML", "GY", "HU", "HU_MOD",
    "MGML", "MGMINML", "ML", "MLG", "MLMING", "MLMINML", "MLML", "NONE", "NORMALIZED", "OD",
    "PCNT", "PCT", "PROPCNTS", "PROPCPS", "RELATIVE", "STDDEV", "UMOLMINML", "UMOLML", "US",
    "Z_EFF",
})  # fmt: skip
"""Of Modality LUTs, PET and doses: PS3.3 sections C.11.1.1.2, C.8.9.1.1.3 and C.8.8.3."""


def modality_of(text: str) -> str:
    """Return the modality, OT for what the standard does not know."""
    return text.upper() if text.upper() in MODALITIES else "OT"


def unit_of(text: str) -> str:
    """Return the unit of the values, empty for what the standard does not know."""
    return text if text.upper() in UNITS else ""
