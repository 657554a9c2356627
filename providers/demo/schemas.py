"""A value that obeys a JSON Schema, made up from what the schema says."""

from typing import Any

Schema = Any
# Levels of a schema that is followed into itself.
DEEPEST = 8


def example(schema: Schema, root: Schema = None, depth: int = 0) -> Any:
    """The plainest value that is valid: first choices, smallest numbers, every property."""
    root = schema if root is None else root
    if not isinstance(schema, dict) or depth > DEEPEST:
        return None
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    if "$ref" in schema:
        return example(_target(schema["$ref"], root), root, depth + 1)
    for alternatives in ("anyOf", "oneOf"):
        if schema.get(alternatives):
            return example(schema[alternatives][0], root, depth + 1)
    if schema.get("allOf"):
        merged = {key: value for part in schema["allOf"] if isinstance(part, dict) for key, value in part.items()}
        return example(merged, root, depth + 1)
    return _of_type(_type(schema), schema, root, depth)


def _of_type(name: str, schema: dict[str, Any], root: Schema, depth: int) -> Any:
    match name:
        case "object":
            properties = schema.get("properties") or {}
            return {key: example(inner, root, depth + 1) for key, inner in properties.items()}
        case "array":
            return [example(schema.get("items"), root, depth + 1) for _ in range(schema.get("minItems", 1))]
        case "integer":
            return int(_least(schema))
        case "number":
            return _least(schema)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return "demo".ljust(schema.get("minLength", 0), "o")[: schema.get("maxLength")]


def _type(schema: dict[str, Any]) -> str:
    name = schema.get("type", "object" if "properties" in schema else "string")
    return str(name[0] if isinstance(name, list) and name else name)


def _least(schema: dict[str, Any]) -> float:
    if "exclusiveMinimum" in schema:
        return float(schema["exclusiveMinimum"]) + 1
    return schema.get("minimum", min(1, schema.get("maximum", 1)))  # type: ignore[no-any-return]


def _target(reference: str, root: Schema) -> Schema:
    """Where `#/$defs/name` points to."""
    found = root
    for step in str(reference).removeprefix("#").strip("/").split("/"):
        found = found.get(step) if isinstance(found, dict) and step else found
    return found
