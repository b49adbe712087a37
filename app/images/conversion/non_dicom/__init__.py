"""Formats other than DICOM: NIfTI, NRRD, MetaImage, and the pictures PNG, JPEG and TIFF."""
