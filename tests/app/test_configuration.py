"""The configuration: read strictly, from a file and the environment over it, and shown safely."""

from __future__ import annotations

from pathlib import Path

import pytest

from forerun.app.configuration import Configuration, named_databases
from forerun.app.sections import DatabaseSection, LimitsSection, ServeSection
from forerun.app.serving.places import refuse_what_cannot_be
from forerun.app.showing import shown
from forerun.errors import BadInput, BadSetting

WHOLE = """
[settings]
model = "openai:x"
max_rows = 50
rungs = ["review"]
[databases.sales]
url = "postgresql://ann:s3cret@db.example/sales"
[databases.sales.settings]
max_rows = 5
[serve]
port = 9000
heartbeat_s = 5
redis = "redis://:s3cret@cache.example/0"
cors_origins = ["https://app.example"]
[auth]
keys = "postgresql://ann:s3cret@db.example/access"
jwt_attribute_claims = ["region"]
[quotas]
rates = "redis://:s3cret@cache.example/1"
per_minute = 60
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "forerun.toml"


def read(file: Path, text: str, **environment: str) -> Configuration:
    file.write_text(text)
    return Configuration.read(file, environment)


def test_a_file_gives_what_it_says_and_the_defaults_else(file: Path) -> None:
    """Numbers, texts and lists come out as their types; what is not named has its default."""
    configured = read(file, WHOLE)
    assert configured.serve.port == 9000
    assert configured.serve.heartbeat_s == 5.0
    assert configured.serve.cors_origins == ("https://app.example",)
    assert configured.limits == LimitsSection()
    assert configured.settings.rungs == {"review"}
    assert Configuration.read(environment={}).serve == ServeSection()


def test_the_environment_stands_above_the_file_and_a_database_above_both(file: Path) -> None:
    """A database's own settings are for it alone, whatever holds for the others."""
    configured = read(
        file,
        WHOLE,
        FORERUN_MAX_ROWS="7",
        FORERUN_SERVE_PORT="9001",
        FORERUN_DATABASES_SALES_URL="duckdb:///x",
    )
    assert configured.settings.max_rows == 7
    assert configured.settings_of("sales").max_rows == 5
    assert configured.settings_of("sales").model == "openai:x"
    assert configured.serve.port == 9001
    assert configured.databases["sales"].url == "duckdb:///x"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[serve]\nprot = 1", r"\[serve\] has no 'prot'"),
        ("[server]\n", "has no 'server'"),
        ("[settings]\nmaxrows = 1", r"\[settings\] has no 'maxrows'"),
        ("[databases.a]\nurl = 'x'\nurll = 'y'", r"\[databases.a\] has no 'urll'"),
        ("[databases.a.settings]\nx = 1", r"\[databases.a.settings\] has no 'x'"),
        ("[databases.a]\n", r"\[databases.a\] has no url"),
        ("[serve]\nport = 'a'", r"\[serve\] port is 'a', which is not a whole number"),
        ("[serve]\nport = true", r"\[serve\] port is True"),
        ("[serve]\ndrain_s = -1", r"\[serve\] drain_s is -1"),
        ("[serve]\ncors_origins = 'x'", r"cors_origins is 'x', which is no list"),
        ("serve = 3", r"\[serve\] is no table"),
        ("[serve", "is no TOML"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_place(file: Path, text: str, said: str) -> None:
    """The error names the file, the section and the name; nothing is guessed or passed over."""
    with pytest.raises(BadSetting, match=said) as wrong:
        read(file, text)
    assert str(file) in wrong.value.message
    assert wrong.value.hint


def test_no_secret_is_shown(file: Path) -> None:
    """Neither in what is shown on purpose nor in what might be logged by accident; and everything
    tells where it comes from."""
    configured = read(
        file, WHOLE, FORERUN_MODEL_KEY="s3cret", FORERUN_CACHE="redis://:s3cret@cache.example/1"
    )
    sections = shown(configured)
    assert "s3cret" not in str(sections)
    assert "s3cret" not in repr(configured)
    serve = {each.name: (each.value, each.source) for each in sections["serve"]}
    assert serve["port"] == (9000, "file")
    assert serve["host"] == ("127.0.0.1", "default")
    assert serve["redis"] == ("redis://:***@cache.example/0", "file")
    settings = {each.name: (each.value, each.source) for each in sections["settings"]}
    assert settings["model_key"] == ("***", "environment")
    assert settings["max_rows"] == (50, "file")


def test_databases_are_named_on_the_command_line(tmp_path: Path) -> None:
    """By what stands before `=`, else by their file; two of one name are refused."""
    named = named_databases(["sales=postgresql://h/x?a=b", "demo", str(tmp_path / "my shop.db")])
    assert [(name, each.url) for name, each in named.items()][:2] == [
        ("sales", "postgresql://h/x?a=b"),
        ("demo", "demo"),
    ]
    assert "my_shop" in named
    assert list(named_databases(["postgresql://h/x?sslmode=off"])) == ["x"]
    with pytest.raises(BadInput, match="Two databases are called demo"):
        named_databases(["demo", "demo=x"])


@pytest.mark.parametrize(
    ("serve", "said"),
    [
        (ServeSection(workers=2), "need Redis"),
        (ServeSection(workers=2, redis="redis://x", state="memory"), "a state that they share"),
        (ServeSection(host="0.0.0.0"), "Nobody is asked for a key"),  # noqa: S104 - that is the point
        (ServeSection(host="::"), "Nobody is asked for a key"),
    ],
)
def test_what_must_not_be_started_is_refused(serve: ServeSection, said: str) -> None:
    """Several processes without what they share, and an open door without keys."""
    configured = Configuration(databases={"demo": DatabaseSection("demo")}, serve=serve)
    with pytest.raises(BadSetting, match=said):
        refuse_what_cannot_be(configured, authenticated=False)


def test_what_is_complete_may_be_started() -> None:
    """With keys any address; with Redis and a file several processes; but never without a
    database."""
    databases = {"demo": DatabaseSection("demo")}
    several = ServeSection(workers=2, redis="redis://x", host="0.0.0.0")  # noqa: S104
    refuse_what_cannot_be(Configuration(databases=databases, serve=several), authenticated=True)
    refuse_what_cannot_be(Configuration(databases=databases), authenticated=False)
    with pytest.raises(BadSetting, match="no database"):
        refuse_what_cannot_be(Configuration(), authenticated=False)
