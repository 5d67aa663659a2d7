"""The schemas of the OpenAPI document, as generators of clients can use them.

They make a class of each named schema and of each title, and leave out what they do not know.
"""

from typing import Any, Final

from pydantic import BaseModel

JSON = dict[str, Any]

_FIELD_PROBLEM: Final[JSON] = {
    "title": "FieldProblem",
    "description": "What is wrong with one field, parameter (query:…) or header (header:…).",
    "type": "object",
    "required": ["pointer", "detail"],
    "properties": {
        "pointer": {"type": "string", "examples": ["/skills/0"]},
        "detail": {"type": "string", "examples": ["There is no such field."]},
    },
}
_PROBLEM: Final[JSON] = {
    "title": "Problem",
    "description": "RFC 9457, with a code for programs and an id to quote.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri", "examples": ["urn:homeward:problem:not_found"]},
        "title": {"type": "string", "examples": ["Not found"]},
        "status": {"type": "integer", "examples": [404]},
        "detail": {"type": "string", "description": "What is wrong, in words to pass on."},
        "code": {"type": "string", "description": "For programs.", "examples": ["not_found"]},
        "request_id": {"type": "string"},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldProblem"}},
    },
}


def add_model(schemas: JSON, model: type[BaseModel]) -> None:
    """Add a model that no route names, and what it is made of."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    for name, part in (schema.pop("$defs", {}) | {model.__name__: schema}).items():
        schemas.setdefault(name, part)


def name_body(schemas: JSON, media: JSON) -> None:
    """Put a body that is described in its place under its title, beside the others."""
    schema = media["schema"]
    if "properties" in schema:
        schemas[schema["title"]] = schema
        media["schema"] = {"$ref": f"#/components/schemas/{schema['title']}"}


def finish_schemas(schemas: JSON) -> None:
    """Add what an error looks like; take away titles that are noise, and what is not used."""
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for name, schema in schemas.items():
        drop_titles(schema)
        schema["title"] = name
        _name_keys(schemas, schema)
    schemas["Problem"], schemas["FieldProblem"] = _PROBLEM, _FIELD_PROBLEM


def _name_keys(schemas: JSON, schema: JSON) -> None:
    """Write a map whose keys are an enumeration as an object, whose parts clients then know."""
    keys = str(schema.get("propertyNames", {}).get("$ref", "")).rpartition("/")[2]
    if keys:
        del schema["propertyNames"]
        value = schema["additionalProperties"]
        schema["properties"] = dict.fromkeys(schemas[keys]["enum"], value)
        schema["additionalProperties"] = False


def drop_titles(schema: Any) -> None:  # noqa: ANN401 - any JSON
    """Take away titles that only repeat a property's name: generators make classes of them."""
    if isinstance(schema, list):
        for one in schema:
            drop_titles(one)
    if not isinstance(schema, dict):
        return
    schema.pop("title", None)
    for key, part in schema.items():
        # Below `properties` stand names, of which one may be `title`.
        for one in part.values() if key == "properties" else (part,):
            drop_titles(one)


def add_patch(schemas: JSON, of: str, name: str) -> None:
    """Add the merge patch (RFC 7396) of a schema: all of it optional, and null to remove."""
    whole = schemas[of]
    properties = {}
    for key, part in whole["properties"].items():
        inner = _object_in(schemas, part)
        if inner is not None:
            patch = f"{inner.removesuffix('Model')}Patch"
            add_patch(schemas, inner, patch)
            forms: list[JSON] = [{"$ref": f"#/components/schemas/{patch}"}]
        else:
            forms = part.get("anyOf") or [{k: v for k, v in part.items() if k != "default"}]
        nullable = forms if {"type": "null"} in forms else [*forms, {"type": "null"}]
        said = {k: part[k] for k in ("description",) if k in part}
        properties[key] = {"anyOf": nullable, **said}
    schemas[name] = {
        "title": name,
        "description": "What is to change; null removes. Lists are replaced as a whole.",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }


def _object_in(schemas: JSON, part: JSON) -> str | None:
    """Return the name of the component with properties that `part` holds, None for a value."""
    for one in (part, *part.get("anyOf", ())):
        name = str(one.get("$ref", "")).rpartition("/")[2]
        if "properties" in schemas.get(name, {}):
            return name
    return None
