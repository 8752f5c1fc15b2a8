"""JSON against the Google SDK, which has no type for the body of a request.

The body is judged twice. First by the SDK's models of its parts, in the names of the wire only.
Then the SDK is given the same content and builds the body itself: what it sends has to be the same.
That finds a field in the wrong place, one that only Vertex takes, and a value that isn't written as
the SDK writes it.
"""

import json
import warnings
from typing import Any, Optional

from google.genai import Client, _common, models, types
from pydantic import BaseModel, ValidationError

from typed_dicts import explain, short


class Request(_common.BaseModel):
    """`GenerateContentRequest` without the model, which stands in the address."""

    contents: list[types.Content]
    system_instruction: Optional[types.Content] = None
    tools: Optional[list[types.Tool]] = None
    tool_config: Optional[types.ToolConfig] = None
    safety_settings: Optional[list[types.SafetySetting]] = None
    generation_config: Optional[types.GenerationConfig] = None
    cached_content: Optional[str] = None
    service_tier: Optional[types.ServiceTier] = None
    store: Optional[bool] = None


# Nothing is sent with it: only its conversion is used.
CLIENT = Client(api_key="none", vertexai=False)._api_client


class Gemini:
    """A judge by the SDK's models and by what the SDK itself would send."""

    def problems(self, body: Any) -> list[str]:
        """What is wrong with a body; nothing, if the SDK takes it and sends it so."""
        try:
            with warnings.catch_warnings():
                # An unknown member of an enum is no more than a warning to the SDK.
                warnings.simplefilter("error")
                request = Request.model_validate_json(json.dumps(body), strict=True, by_alias=True, by_name=False)
                return missing(request) or differences(body, sent(request), "")
        except ValidationError as error:
            return explain([(details["loc"], details) for details in error.errors(include_url=False)])
        except (UserWarning, ValueError, AttributeError) as error:
            # How the SDK fails on enums of another type and on fields that Vertex alone takes.
            return [str(error)]


def missing(value: Any, path: str = "") -> list[str]:
    """Fields that the SDK describes as required, though its models can do without them."""
    if isinstance(value, list):
        return [problem for index, part in enumerate(value) for problem in missing(part, f"{path}.{index}")]
    if not isinstance(value, BaseModel):
        return []
    problems = []
    for name, field in type(value).model_fields.items():
        part, at = getattr(value, name), f"{path}.{field.alias}"
        if part is not None:
            problems += missing(part, at)
        elif (field.description or "").startswith("Required."):
            problems.append(f"{at.lstrip('.')}: required")
    return problems


def sent(request: Request) -> Any:
    """The body that the SDK sends for the same content."""
    top = {name: getattr(request, name) for name in request.model_fields_set - {"contents", "generation_config"}}
    generation = request.generation_config
    inner = {name: getattr(generation, name) for name in generation.model_fields_set} if generation else {}
    parameters = types._GenerateContentParameters(
        model="m", contents=request.contents, config=types.GenerateContentConfig(**top, **inner)
    )
    body = models._GenerateContentParameters_to_mldev(CLIENT, parameters, None, parameters)
    del body["_url"]
    if not generation:
        # The SDK writes an empty one.
        del body["generationConfig"]
    return _common.encode_unserializable_types(_common.convert_to_dict(body))


def differences(ours: Any, theirs: Any, path: str) -> list[str]:
    """Where a body isn't what the SDK sends."""
    at = path.lstrip(".")
    if isinstance(ours, dict) and isinstance(theirs, dict):
        # The SDK writes some names as Python does, which the API takes as well.
        theirs = {key if key in ours else _common.maybe_snake_to_camel(key): part for key, part in theirs.items()}
        problems = [
            f"{at}.{key}: the SDK would send {short(part)} here".lstrip(".")
            for key, part in theirs.items()
            if key not in ours
        ]
        for key, part in ours.items():
            if key in theirs:
                problems += differences(part, theirs[key], f"{path}.{key}")
            else:
                problems.append(f"{at}.{key}: the SDK would not send it (got {short(part)})".lstrip("."))
        return problems
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs))
        return [problem for index, pair in pairs for problem in differences(*pair, f"{path}.{index}")]
    if same(ours, theirs):
        return []
    return [f"{at}: the SDK would send {short(theirs)} (got {short(ours)})"]


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, str) and isinstance(theirs, str):
        # Bytes may be written in either alphabet of base64.
        ours, theirs = (text.replace("-", "+").replace("_", "/").rstrip("=") for text in (ours, theirs))
    # JSON knows one kind of numbers, but no number is a boolean.
    return ours == theirs and isinstance(ours, bool) == isinstance(theirs, bool)
