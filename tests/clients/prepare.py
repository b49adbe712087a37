"""Fill a fresh portal with what the client scripts expect: run as a program."""

import sys

import django

django.setup()

from app.accounts.models import Token, User  # noqa: E402
from app.accounts.services import issue_token  # noqa: E402
from app.sockets.selectors import medical_image_socket, segmentation_socket  # noqa: E402
from app.sockets.services import ensure_socket  # noqa: E402
from archives.services import create_archive  # noqa: E402
from reader_studies.services import add_question, create_study  # noqa: E402

SOCKETS = (
    ("age", "Age", "INT", "age.json"),
    ("a-pdf-file", "A PDF file", "PDF", "files/file.pdf"),
    ("report", "Report", "STR", "report.json"),
    ("copied-image", "Copied image", "IMG", "images/copied"),
    ("a-dicom-image-set", "A DICOM image set", "DCIS", "images/dicom"),
)


def fill(plain: str) -> None:
    user, made = User.objects.get_or_create(username="client", email="client@example.org")
    if not made:
        return
    issue_token(user=user, name="client", access=Token.Access.WRITE, plain=plain)
    medical_image_socket(), segmentation_socket()
    for slug, title, kind, path in SOCKETS:
        ensure_socket(slug=slug, title=title, kind=kind, relative_path=path)
    create_archive(actor=user, title="Client archive")
    study = create_study(actor=user, title="Client study")
    add_question(actor=user, study=study, text="Nodule?", kind="BOOL")


if __name__ == "__main__":
    fill(sys.argv[1])
