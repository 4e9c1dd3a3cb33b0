"""Messages for PyYAML's errors: the position and the reason."""

import yaml


def invalid_yaml(error: yaml.YAMLError, text: str) -> str:
    """Return "is not valid YAML at line 2, column 1: <reason>" for an error that PyYAML raised for `text`.

    Lines and columns count from 1.
    """
    match error:
        case yaml.MarkedYAMLError(problem_mark=yaml.Mark(line=line, column=column)):
            return f"is not valid YAML at line {line + 1}, column {column + 1}: {_reason(error)}"
        case yaml.reader.ReaderError(position=position):
            line, column = text.count("\n", 0, position), position - text.rfind("\n", 0, position) - 1
            reason = f"the character U+{ord(text[position]):04X} is not allowed"
            return f"is not valid YAML at line {line + 1}, column {column + 1}: {reason}"
        case _:
            return f"is not valid YAML: {error}"


def _reason(error: yaml.MarkedYAMLError) -> str:
    """PyYAML's words, which split some sentences into a context and a problem, except for a tab."""
    problem = str(error.problem)
    if problem == r"found character '\t' that cannot start any token":
        return "a tab is not allowed here; indent with spaces"
    return f"{error.context}, {problem}" if error.context else problem
