"""The formats that the assistant speaks, each with the judge of its bodies."""

from dataclasses import dataclass
from typing import Any, Callable, Protocol

from anthropic.types.message_create_params import MessageCreateParamsStreaming
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from openai.types.responses.response_create_params import ResponseCreateParamsStreaming

from gemini import Gemini
from typed_dicts import TypedDicts


class Judge(Protocol):
    def problems(self, body: Any) -> list[str]: ...


class ChatCompletions:
    """OpenAI's types, and the two fields in which compatible servers take reasoning back.

    Servers that reason (DeepSeek, vLLM, llama.cpp) refuse or forget a tool loop without it; OpenAI
    itself never writes them, so that its types don't have them.
    """

    REASONING = ("reasoning_content", "reasoning")

    def __init__(self) -> None:
        self._judge = TypedDicts(CompletionCreateParamsStreaming)

    def problems(self, body: Any) -> list[str]:
        return self._judge.problems(self._without_reasoning(body))

    def _without_reasoning(self, body: Any) -> Any:
        match body:
            case {"messages": [*messages]}:
                return {**body, "messages": [self._plain(message) for message in messages]}
        return body

    def _plain(self, message: Any) -> Any:
        match message:
            case {"role": "assistant"}:
                return {
                    key: value
                    for key, value in message.items()
                    if not (key in self.REASONING and isinstance(value, str))
                }
        return message


@dataclass(frozen=True)
class Format:
    judge: Judge
    # The least body around messages that a snapshot holds by themselves.
    around: Callable[[list[Any]], Any]


FORMATS = {
    "openai_compatible": Format(
        ChatCompletions(), lambda messages: {"model": "m", "stream": True, "messages": messages}
    ),
    "openai": Format(
        TypedDicts(ResponseCreateParamsStreaming), lambda items: {"model": "m", "stream": True, "input": items}
    ),
    "anthropic": Format(
        TypedDicts(MessageCreateParamsStreaming),
        lambda messages: {"model": "m", "max_tokens": 1, "stream": True, "messages": messages},
    ),
    "google": Format(Gemini(), lambda contents: {"contents": contents}),
}
