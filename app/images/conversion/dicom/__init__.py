"""Read DICOM: headers, geometry, frames, pixels (PS3.3, PS3.5, PS3.10)."""
