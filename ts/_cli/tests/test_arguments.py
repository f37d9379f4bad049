"""Flags that are given twice."""

from __future__ import annotations

import pytest

from ts._cli.main import COMMANDS
from ts._cli.parsers import command_parser
from ts._cli.torchserve import torchserve_parser


@pytest.mark.parametrize(
    ("arguments", "flag"),
    [
        (["start", "--name", "a", "--name", "b"], "--name"),
        (["start", "--foreground", "--foreground"], "--foreground"),
        (["start", "--models", "a", "--ncs", "--models", "b"], "--models"),
        (["start", "--ncs", "--no-config-snapshots"], "--no-config-snapshots"),
        (["config", "show", "--json", "--json"], "--json"),
        (["predict", "m", "--address", "x", "--inference-address", "y"], "--inference-address"),
    ],
)
def test_mariner_refuses_a_flag_given_twice(
    arguments: list[str], flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        command_parser().parse_args(arguments)
    assert ended.value.code == 2
    assert f"argument {flag}: given more than once (expected: once)" in capsys.readouterr().err


def test_torchserve_warns_of_a_flag_given_twice_and_takes_the_last(
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = torchserve_parser().parse_args(["--models", "a", "--dt", "--models", "b", "c", "--dt"])
    assert (given.models, given.token_auth) == (["b", "c"], True)
    assert capsys.readouterr().err == (
        "warning: --models is given more than once; the last one counts\n"
        "warning: --disable-token-auth is given more than once; the last one counts\n"
    )


def test_parsing_again_begins_anew(capsys: pytest.CaptureFixture[str]) -> None:
    parser = command_parser()
    for _ in range(2):
        assert parser.parse_args(["predict", "m", "--header", "a:b", "--header", "c:d"]).header == [
            "a:b",
            "c:d",
        ]
    assert capsys.readouterr().err == ""


def test_every_command_has_a_module() -> None:
    parser = command_parser()
    with pytest.raises(SystemExit):
        parser.parse_args(["no-such-command"])
    for command in COMMANDS:
        with pytest.raises(SystemExit) as ended:
            parser.parse_args([command, "--help"])
        assert ended.value.code == 0
