"""Reads what pulumi shows: the summary at the top, in the diagnostics and in the stack outputs."""

import re

_ROW = re.compile(
    r"^ ?.?.? *pulumi:pulumi:Stack \S+ (?:running|create|creating \(\d+s\)|updating \(\d+s\)) ?(?P<line>.*)$"
)
_OWN_DETAILS = re.compile(r"^Pool \S+ on \S+$")
_RESOURCE = re.compile(r"^ [-+~ ][-+ ] ?(?!pulumi:pulumi:Stack )\S+:\S+ \S+")


def first_screen(shown: str) -> list[str]:
    """The lines of the summary, as the plain output shows them before any resource."""
    lines = []
    for text in shown.splitlines():
        if _RESOURCE.match(text):
            break
        if (row := _ROW.match(text)) and row["line"]:
            if _OWN_DETAILS.match(row["line"]):
                break
            lines.append(row["line"])
    return lines


def diagnostics(shown: str) -> str:
    """Everything between the headings of the diagnostics and of what follows them."""
    _, _, after = shown.partition("\nDiagnostics:\n")
    return re.split(r"\n(?:Outputs|Resources):\n", after)[0]


def last_screen(shown: str) -> str:
    """What follows the diagnostics: the stack outputs, of which the summary is the last, and the numbers."""
    return shown[shown.rindex("  summary") if "  summary" in shown else 0 :]
