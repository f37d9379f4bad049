"""`mariner completion`: scripts that complete words in a shell, made from the parser itself."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ts._cli.parsers import command_parser

_PATHS = ("FILE", "DIR")
_COMMAND = "mariner"


@dataclass(frozen=True)
class Flag:
    """An option of a command: its names, its help, what its value may be. `paths`: a file's or folder's name;
    `takes`: it has a value."""

    names: tuple[str, ...]
    help: str
    takes: bool
    choices: tuple[str, ...]
    paths: bool


@dataclass(frozen=True)
class Command:
    """A command and its subcommands. `words` lead to it; `choices` are those of its positional arguments."""

    words: tuple[str, ...]
    help: str
    flags: tuple[Flag, ...]
    choices: tuple[str, ...]
    paths: bool
    commands: tuple[Command, ...]


def completion(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Prints the script for a shell."""
    tree = described(command_parser(), (), "")
    print({"bash": bash, "zsh": zsh, "fish": fish}[options.shell](tree), end="")
    return 0


def described(parser: argparse.ArgumentParser, words: tuple[str, ...], text: str) -> Command:
    """Returns what a parser knows."""
    flags: list[Flag] = []
    choices: list[str] = []
    commands: list[Command] = []
    paths = False
    # argparse has no public list of its actions; its names for them are as old as the module.
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            texts = {entry.dest: entry.help or "" for entry in action._choices_actions}
            for name, sub in action.choices.items():
                commands.append(described(sub, (*words, name), texts.get(name, "")))
        elif action.help == argparse.SUPPRESS:
            continue
        elif action.option_strings:
            flags.append(_flag(action))
        else:
            choices += map(str, action.choices or ())
            paths = paths or action.metavar in (*_PATHS, "ARCHIVE")
    return Command(words, text, tuple(flags), tuple(choices), paths, tuple(commands))


def _flag(action: argparse.Action) -> Flag:
    return Flag(
        tuple(action.option_strings),
        action.help or "",
        action.nargs != 0,
        tuple(map(str, action.choices or ())),
        action.metavar in _PATHS,
    )


def everything(command: Command) -> Iterator[Command]:
    """Returns a command and all below it."""
    yield command
    for sub in command.commands:
        yield from everything(sub)


def _candidates(command: Command) -> list[str]:
    """The words that may come next: subcommands, choices, long flags."""
    words = [sub.words[-1] for sub in command.commands] + list(command.choices)
    return words + [name for flag in command.flags for name in flag.names if name.startswith("--")]


def bash(tree: Command) -> str:
    """Returns the script for bash."""
    tables, values, files = [], [], []
    for command in everything(tree):
        key = " ".join(command.words)
        tables.append(f'    "{key}") words="{" ".join(_candidates(command))}" ;;')
        if command.paths:
            files.append(f'"{key}"')
        for flag in command.flags:
            pattern = "|".join(f'"{key} {name}"' for name in flag.names)
            if flag.choices:
                values.append(f'    {pattern}) words="{" ".join(flag.choices)}"; value=yes ;;')
            elif flag.paths:
                values.append(f"    {pattern}) files=yes; value=yes ;;")
            elif flag.takes:
                values.append(f"    {pattern}) value=yes ;;")
    parents = "|".join(f'"{" ".join(command.words)}"' for command in everything(tree) if command.commands)
    return f"""# bash completion of {_COMMAND}; use it with: source <({_COMMAND} completion bash)
_{_COMMAND}() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" key="" words="" files="" value="" index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "$key" in
    {parents})
      [[ "${{COMP_WORDS[index]}}" == -* ]] || key="${{key:+$key }}${{COMP_WORDS[index]}}" ;;
    esac
  done
  case "$key ${{COMP_WORDS[COMP_CWORD-1]}}" in
{chr(10).join(values)}
  esac
  if [[ -z "$value" ]]; then
    case "$key" in
{chr(10).join(tables)}
    esac
    case "$key" in
    {"|".join(files)}) files=yes ;;
    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  if [[ -n "$files" && "$word" != -* ]]; then
    local -a found
    mapfile -t found < <(compgen -f -- "$word")
    COMPREPLY+=("${{found[@]}}")
    compopt -o filenames 2>/dev/null
  fi
}}
complete -F _{_COMMAND} {_COMMAND}
"""


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def zsh(tree: Command) -> str:
    """Returns the script for zsh."""
    cases = []
    for command in everything(tree):
        if not command.words:
            continue
        specs = [spec for flag in command.flags for spec in _zsh_specs(flag)]
        if command.commands:
            specs.append(_quoted(f"1:action:({' '.join(sub.words[-1] for sub in command.commands)})"))
        elif command.choices:
            specs.append(_quoted(f"*:value:({' '.join(command.choices)})"))
        else:
            specs.append(_quoted("*:argument:_files" if command.paths else "*:argument: "))
        lines = " \\\n        ".join(specs)
        cases.append(f'    "{" ".join(command.words)}")\n      _arguments -s \\\n        {lines} ;;')
    names = "\n".join(
        f"    {_quoted(f'{sub.words[-1]}:{sub.help}')}"
        for sub in sorted(tree.commands, key=lambda c: c.words)
    )
    nested = "|".join(sub.words[-1] for sub in tree.commands if sub.commands)
    return f"""#compdef {_COMMAND}
# zsh completion of {_COMMAND}; use it with: source <({_COMMAND} completion zsh)
_{_COMMAND}() {{
  local -a commands
  commands=(
{names}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local key="${{words[2]}}"
  shift words
  (( CURRENT-- ))
  if [[ "$key" == ({nested}) ]] && (( CURRENT > 2 )); then
    key="$key ${{words[2]}}"
    shift words
    (( CURRENT-- ))
  fi
  case "$key" in
{chr(10).join(cases)}
  esac
}}
compdef _{_COMMAND} {_COMMAND}
"""


def _zsh_specs(flag: Flag) -> Iterator[str]:
    text = flag.help.replace("[", "(").replace("]", ")").replace(":", " -")
    value = ""
    if flag.takes:
        value = (
            f":value:({' '.join(flag.choices)})"
            if flag.choices
            else ":file:_files"
            if flag.paths
            else ":value: "
        )
    for name in flag.names:
        yield _quoted(f"{name}[{text}]{value}")


def fish(tree: Command) -> str:
    """Returns the script for fish."""
    lines = [
        f"# fish completion of {_COMMAND}; use it with: {_COMMAND} completion fish | source",
        f"complete -c {_COMMAND} -f",
    ]
    for command in everything(tree):
        where = _fish_condition(tree, command)
        for sub in command.commands:
            lines.append(f"complete -c {_COMMAND} -n {where} -a {sub.words[-1]} -d {_fish_quoted(sub.help)}")
        if command.choices:
            lines.append(f"complete -c {_COMMAND} -n {where} -a {_fish_quoted(' '.join(command.choices))}")
        if command.paths:
            lines.append(f"complete -c {_COMMAND} -n {where} -F")
        lines += [_fish_flag(flag, where) for flag in command.flags]
    return "\n".join(lines) + "\n"


def _fish_condition(tree: Command, command: Command) -> str:
    if not command.words:
        return "__fish_use_subcommand"
    seen = " and ".join(f"__fish_seen_subcommand_from {word}" for word in command.words)
    below = " ".join(sub.words[-1] for sub in command.commands)
    return _fish_quoted(
        seen.replace(" and ", "; and ") + (f"; and not __fish_seen_subcommand_from {below}" if below else "")
    )


def _fish_flag(flag: Flag, where: str) -> str:
    names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in flag.names)
    value = f" -x -a {_fish_quoted(' '.join(flag.choices))}" if flag.choices else ""
    if flag.takes and not flag.choices:
        value = " -r -F" if flag.paths else " -x"
    return f"complete -c {_COMMAND} -n {where} {names}{value} -d {_fish_quoted(flag.help)}"


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
