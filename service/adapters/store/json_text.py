"""A text out of a JSON object, in the words of each database."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class json_text(FunctionElement[str]):  # noqa: N801 - written like the function it is
    """`json_text(body, name)`: the text under a name, NULL where there is none."""

    type = sa.Text()
    inherit_cache = True
    name = "json_text"


@compiles(json_text, "sqlite")
def _sqlite(element: json_text, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    body, name = (compiler.process(one, **kw) for one in element.clauses)
    return f"json_extract({body}, '$.' || {name})"


@compiles(json_text, "postgresql")
def _postgresql(element: json_text, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    body, name = (compiler.process(one, **kw) for one in element.clauses)
    # It reads no object that holds U+0000 anywhere, escaped as it must be; nobody looks for that.
    without = rf"regexp_replace({body}, '(?<!\\)((\\\\)*)\\u0000', '\1', 'g')"
    whole = rf"CASE WHEN strpos({body}, '\u0000') > 0 THEN {without} ELSE {body} END"
    return f"(({whole})::json ->> {name})"
