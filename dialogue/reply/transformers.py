"""The replier that runs a language model in this program, by Hugging Face transformers (an extra; needs torch)."""

import threading
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

from pydantic import Field

from dialogue.errors import EngineError, EngineUnavailable
from dialogue.handover import Handover
from dialogue.history import Utterance
from dialogue.reply.knowledge import KnowledgeReplier
from dialogue.reply.prompt import Message, messages
from dialogue.section import Section

WAITING_CHARACTERS = 4000
"""How much text may wait to be taken before the model itself waits."""


class TransformersSettings(Section):
    """Section `transformers`."""

    model: str = Field("Qwen/Qwen3-0.6B", min_length=1, description="a folder, or the name of a downloaded model")
    threads: int = Field(1, ge=1, le=64, description="processor cores it may use; the face needs one")
    temperature: float = Field(0.6, ge=0, le=2, description="0 always says the likeliest")
    reply_tokens: int = Field(200, ge=1, le=8192, description="longest reply")
    prompt_tokens: int = Field(1500, ge=500, description="how much of the conversation and the knowledge it reads")


class TransformersReplier:
    """`Replier` by a causal language model with a chat template. Everything of it happens in one thread, "thinking".

    Closing a reply returns at once and stops the model within one token; the next reply begins when it has.
    """

    def __init__(self, settings: TransformersSettings, knowledge: KnowledgeReplier) -> None:
        """Load the model; blocks for seconds, downloads nothing.

        Raises EngineUnavailable when the extra or the model is missing, EngineError when it cannot chat.
        """
        self._settings, self._knowledge = settings, knowledge
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="thinking")
        self._tokenizer, self._model = self._worker.submit(_load, settings).result()

    def close(self) -> None:
        """Let the thread end."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def greeting(self) -> str:
        """Give the knowledge file's greeting."""
        return self._knowledge.greeting()

    async def reply(self, history: Sequence[Utterance]) -> AsyncGenerator[str, None]:
        """Stream the reply; see `Replier`."""
        handover: Handover[str] = Handover(WAITING_CHARACTERS, len)
        stopped = threading.Event()
        job = self._worker.submit(self._think, history, handover, stopped)
        job.add_done_callback(handover.finish)
        try:
            while (text := await handover.take()) is not None:
                yield text
        finally:
            stopped.set()
            handover.close()
            job.cancel()  # where it has not begun

    def _think(self, history: Sequence[Utterance], handover: Handover[str], stopped: threading.Event) -> None:
        """Generate one reply in the worker thread."""
        chat = messages(self._knowledge, history, self._settings.prompt_tokens, self._count)
        try:
            _generate(self._tokenizer, self._model, chat, self._settings, handover, stopped)
        except (RuntimeError, ValueError, IndexError, MemoryError) as exc:
            raise EngineError(f"the language model failed: {exc}") from exc

    def _count(self, text: str) -> int:
        return len(self._tokenizer(text)["input_ids"])


def _load(settings: TransformersSettings) -> tuple[Any, Any]:
    try:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
    except ImportError as exc:
        raise EngineUnavailable(
            "a language model in this program needs an extra:"
            " .venv/bin/pip install 'transformers>=5,<6' 'torch>=2.6,<3'"
        ) from exc
    torch.set_num_threads(settings.threads)
    try:
        tokenizer = AutoTokenizer.from_pretrained(settings.model, local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(settings.model, local_files_only=True, dtype="auto")
    except (OSError, ValueError) as exc:
        message = f"the language model '{settings.model}' is not on this machine: ./visavis models pull"
        raise EngineUnavailable(message) from exc
    if not tokenizer.chat_template:
        raise EngineError(f"'{settings.model}' has no chat template: choose a model made for chat ('instruct')")
    return tokenizer, model.eval()


def _generate(
    tokenizer: Any,
    model: Any,
    chat: Sequence[Message],
    settings: TransformersSettings,
    handover: Handover[str],
    stopped: threading.Event,
) -> None:
    """Let the model write; its text goes to `handover` word by word, and `stopped` ends it after the next token."""
    import torch
    from transformers import StoppingCriteria, StoppingCriteriaList, TextStreamer

    class Stop(StoppingCriteria):  # type: ignore[misc]
        def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
            return torch.full((len(input_ids),), stopped.is_set(), dtype=torch.bool)

    class Words(TextStreamer):  # type: ignore[misc]
        def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
            if text and not handover.offer(text):
                stopped.set()

    prompt = tokenizer.apply_chat_template(
        [asdict(message) for message in chat],
        add_generation_prompt=True,
        return_tensors="pt",
        return_dict=True,
        enable_thinking=False,  # for the templates that know it: nobody waits for reasoning aloud
    )
    sampling = (
        {"do_sample": True, "temperature": settings.temperature} if settings.temperature else {"do_sample": False}
    )
    with torch.inference_mode():
        model.generate(
            **prompt,
            **sampling,
            max_new_tokens=settings.reply_tokens,
            streamer=Words(tokenizer, skip_prompt=True, skip_special_tokens=True),
            stopping_criteria=StoppingCriteriaList([Stop()]),
            pad_token_id=tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id,
        )
