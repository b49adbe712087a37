"""`make viewer-server`: what is wrong with its environment is said before anything starts."""

from pathlib import Path

import pytest

from config.local.errors import LocalError
from config.local.viewer_server import check_site, plan_of, program_of

TOKEN = "t" * 40
FAR = {"SITE_URL": "https://portal.example.org", "VIEWER_SERVER_TOKEN": TOKEN}


def test_a_far_server_gets_no_more_than_it_needs(tmp_path: Path) -> None:
    environ = {**FAR, "VIEWER_PORT": "9001", "PATH": "/bin", "AWS_SECRET_ACCESS_KEY": "x"}
    plan = plan_of(environ, home=tmp_path)
    assert (plan.host, plan.port) == ("127.0.0.1", 9001)
    assert plan.variables["DJANGO_SETTINGS_MODULE"] == "config.settings.viewer"
    assert plan.variables["HOUNSFIELD_HOME"] == str(tmp_path)
    assert "AWS_SECRET_ACCESS_KEY" not in plan.variables
    assert "config.asgi_viewer:application" in program_of(plan).command


def test_a_near_server_has_the_environment_of_the_site(tmp_path: Path) -> None:
    environ = {"DATABASE_URL": "postgresql:///x", "VIEWER_SERVER_NAME": "hall", "A": "b"}
    plan = plan_of(environ, home=tmp_path)
    assert (plan.name, plan.port, plan.variables["A"]) == ("hall", 8001, "b")


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"VIEWER_SERVER_TOKEN": TOKEN}, "needs SITE_URL"),
        ({**FAR, "DATABASE_URL": "postgresql:///x"}, "env -u DATABASE_URL make viewer-server"),
        ({"DATABASE_URL": "postgresql:///x"}, "Set VIEWER_SERVER_TOKEN and SITE_URL"),
        ({"VIEWER_SERVER_NAME": "hall"}, "shares the portal's database"),
        ({**FAR, "VIEWER_PORT": "none"}, "does not fit"),
        ({**FAR, "PORTAL_CA_FILE": "/nonexistent.pem"}, "cannot be used"),
    ],
)
def test_what_does_not_fit_is_said(environ: dict[str, str], said: str, tmp_path: Path) -> None:
    with pytest.raises(LocalError, match=said):
        plan_of({"HOUNSFIELD_HOME": str(tmp_path), **environ}, home=tmp_path)


def test_a_site_that_does_not_answer_is_said() -> None:
    with pytest.raises(LocalError, match="does not answer"):
        check_site({**FAR, "SITE_URL": "http://127.0.0.1:9"})
