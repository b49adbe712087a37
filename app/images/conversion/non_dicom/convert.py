"""Write the image of a NIfTI, NRRD or MetaImage file as MetaImage, geometry and pixels only."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path

from app.images.conversion.issues import Remark
from app.images.conversion.limits import Limits
from app.images.conversion.metaimage import MetaImageHeader, write_metaimage
from app.images.conversion.model import ConvertedImage, Group
from app.images.conversion.non_dicom.claim import Claim
from app.images.conversion.non_dicom.inspection import claim_of, with_trailing
from app.images.conversion.non_dicom.streaming import PixelStream
from app.images.conversion.non_dicom.values import converted, output_type

_MODALITIES = {"MET_MOD_CT": "CT", "MET_MOD_MR": "MR", "MET_MOD_NM": "NM", "MET_MOD_US": "US"}


def convert_volume(group: Group, output_dir: Path, *, limits: Limits) -> ConvertedImage:
    """Write the image with bounded memory.

    Raises TruncatedPixelData, DecodeFailed, UnsupportedPixelFormat and what `claim_of` does.
    """
    claim = claim_of(group.files[0], group.format, limits=limits)
    header = MetaImageHeader(
        size=claim.size,
        spacing=claim.spacing,
        origin=claim.origin,
        axes=claim.axes,
        dtype=output_type(claim),
        components=3 if claim.components > 1 else 1,
        fields=claim.fields,
    )
    path = output_dir / f"{uuid.uuid4()}.mha"
    stream = PixelStream(claim)
    write_metaimage(path, header=header, blocks=converted(claim, stream, dtype=header.dtype))
    claim = with_trailing(claim) if stream.trailing else claim
    return _described(group, _with_alpha(claim), header, path)


def _with_alpha(claim: Claim) -> Claim:
    if claim.components != 4:
        return claim
    remark = Remark("AlphaDropped", "The transparency channel was left out.")
    return replace(claim, remarks=(*claim.remarks, remark))


def _described(group: Group, claim: Claim, header: MetaImageHeader, path: Path) -> ConvertedImage:
    spatial = min(len(header.size), 3)
    color = header.components == 3
    gray = claim.fields.get("PhotometricInterpretation", "MONOCHROME2")
    return ConvertedImage(
        path=path,
        name=f"{group.format} image ({' x '.join(map(str, header.size))})",
        size=header.size,
        spacing=header.spacing[:spatial],
        spacing_valid=claim.spacing_valid,
        origin=header.origin[:spatial],
        direction=tuple(axis[row] for row in range(spatial) for axis in header.axes[:spatial]),
        time_step=claim.time_step,
        element_type=header.dtype.name,
        components=header.components,
        color_space="RGB" if color else "GRAY",
        modality=_MODALITIES.get(claim.fields.get("Modality", ""), ""),
        window_center=_number(claim, "WindowCenter"),
        window_width=_number(claim, "WindowWidth"),
        photometric="RGB" if color else gray,
        rescale_type=claim.fields.get("RescaleType", ""),
        sources=group.files,
        warnings=(*group.remarks, *claim.remarks),
    )


def _number(claim: Claim, key: str) -> float | None:
    return float(claim.fields[key]) if key in claim.fields else None
