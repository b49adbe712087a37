"""Formats that are read whole: NIfTI, NRRD, MetaImage, PNG and JPEG."""
