"""A model that is gone has a successor of its developer and family, and everybody is proposed the same one."""

import json
import random

import pytest

from providers.catalogue import DATA
from providers.succession import Known, name_of, successors
from providers.traits import traits_of


def known(pk: int, model_id: str, developer: str = "", provider_id: int = 1, **more: object) -> Known:
    return Known(pk, model_id, developer, provider_id, **more)  # type: ignore[arg-type]


def heir(gone: Known, *candidates: Known) -> str:
    """The id of what is proposed, whatever the order of what there is."""
    proposed = set()
    for _ in range(3):
        found = successors([gone], random.sample(candidates, len(candidates)))
        proposed.add(found[gone.pk].model_id if gone.pk in found else "")
    (only,) = proposed
    return only


def offered(*ids: str) -> list[Known]:
    return [known(number, model_id) for number, model_id in enumerate(ids, start=1)]


GONE = known(99, "anthropic/claude-3-sonnet", "Anthropic")


@pytest.mark.parametrize(
    ("model_id", "words", "version", "size"),
    [
        ("anthropic/claude-3-5-sonnet-20240620", ("claude", "sonnet"), (3, 5), None),
        ("claude-sonnet-4.5", ("claude", "sonnet"), (4, 5), None),
        ("gpt-4o-mini", ("gpt", "o", "mini"), (4,), None),
        ("gpt-4-0613", ("gpt",), (4,), None),
        ("google/gemini-2.5-pro-exp-03-25", ("gemini", "pro"), (2, 5), None),
        ("Qwen/Qwen2.5-72B-Instruct-Turbo", ("qwen",), (2, 5), 72.0),
        ("mistralai/Mixtral-8x7B-v0.1", ("mixtral",), (0, 1), 56.0),
        ("meta-llama/llama-3.3:free", ("llama",), (3, 3), None),
        ("o3-2025-04-16", ("o",), (3,), None),
        ("---", (), (), None),
    ],
)
def test_an_id_is_taken_apart(model_id: str, words: tuple[str, ...], version: tuple[int, ...], size: float) -> None:
    name = name_of(model_id)

    assert (name.words, name.version, name.size) == (words, version, size)


def test_the_newest_of_the_same_words_succeeds() -> None:
    candidates = offered("claude-opus-4.6", "claude-sonnet-4", "claude-sonnet-4.5", "claude-haiku-4.5")

    assert heir(GONE, *candidates) == "claude-sonnet-4.5"


def test_another_family_does_not_succeed() -> None:
    assert heir(GONE, *offered("gpt-5-sonnet", "sonnet-claude-4")) == ""


def test_another_developer_does_not_succeed() -> None:
    assert heir(GONE, known(1, "claude-sonnet-9", "Somebody else")) == ""


def test_one_spelling_of_a_developer_is_as_good_as_another() -> None:
    old = known(99, "gpt-4.5-preview", "Open AI")

    assert heir(old, known(1, "gpt-5.5", "OpenAI")) == "gpt-5.5"


def test_its_own_provider_comes_before_a_newer_version_elsewhere() -> None:
    here, elsewhere = known(1, "claude-sonnet-4"), known(2, "claude-sonnet-4.6", provider_id=2)

    assert heir(GONE, here, elsewhere) == "claude-sonnet-4"


def test_who_takes_images_is_succeeded_by_one_that_does() -> None:
    old = known(99, "qwen-plus", traits=frozenset({"images"}))
    sees = known(1, "qwen-plus-2", traits=frozenset({"images", "tools"}))

    assert heir(old, sees, known(2, "qwen-plus-3")) == "qwen-plus-2"


def test_of_equal_versions_the_nearest_size_succeeds() -> None:
    old = known(99, "llama-3-8b-instruct")

    assert heir(old, *offered("llama-3.3-405b", "llama-3.3-70b", "llama-3.3-11b")) == "llama-3.3-11b"


def test_a_model_that_only_got_another_name_is_succeeded_by_itself() -> None:
    renamed = known(1, "acme/entirely-else", aliases=("anthropic/claude-3-sonnet",))

    assert heir(GONE, renamed, *offered("claude-sonnet-9")) == "acme/entirely-else"


def test_a_guard_is_not_succeeded_by_a_talker() -> None:
    assert heir(known(99, "meta-llama/Llama-Guard-3-8B"), *offered("meta-llama/Llama-4-8B")) == ""


def test_every_packaged_proposal_is_of_the_same_developer_and_family() -> None:
    packaged = [item for item in json.loads(DATA.read_text()) if item["type"] == "chat"]
    rows = {item["id"]: _known(number, item) for number, item in enumerate(packaged)}
    gone = [rows[item["id"]] for item in packaged if item["status"] == "deprecated"]

    found = successors(gone, [rows[item["id"]] for item in packaged if item["status"] == "available"])

    assert len(found) > 40
    for old in gone:
        if old.pk in found:
            new = found[old.pk]
            assert name_of(new.model_id).family == name_of(old.model_id).family
            assert not old.developer or not new.developer or old.developer == new.developer


def _known(number: int, item: dict[str, object]) -> Known:
    traits = traits_of(item.get("features") or (), item.get("input_parts") or ())  # type: ignore[arg-type]
    return known(number, str(item["id"]), str(item.get("developer") or ""), traits=frozenset(traits))
