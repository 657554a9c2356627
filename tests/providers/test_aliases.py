"""Several ids of one model in a list are one model."""

from providers.aliases import grouped
from providers.listing import Facts


def ids(*listed: str, packaged: dict[str, list[str]] | None = None, known: set[str] | None = None) -> dict[str, object]:
    said: dict[str, Facts] = {model_id: {"features": []} for model_id in listed}
    found = grouped(said, packaged or {}, known or set())
    return {main: facts.get("aliases", []) for main, facts in found.items()}


def test_an_id_with_a_vendor_and_the_same_without_are_one_model() -> None:
    assert ids("gpt-4o", "openai/gpt-4o") == {"openai/gpt-4o": ["gpt-4o"]}


def test_the_spelling_may_differ_in_case() -> None:
    assert ids("Qwen/QwQ-32B", "qwq-32b") == {"Qwen/QwQ-32B": ["qwq-32b"]}


def test_ids_of_two_vendors_that_end_alike_are_two_models() -> None:
    assert ids("acme/llama", "other/llama", "llama") == {"acme/llama": [], "other/llama": [], "llama": []}


def test_what_lies_deeper_is_not_taken_for_a_vendor() -> None:
    found = ids("text-to-video", "magic/v1/text-to-video")

    assert found == {"text-to-video": [], "magic/v1/text-to-video": []}


def test_the_package_says_what_a_model_is_called() -> None:
    packaged = {"anthropic/claude-haiku-4.5": ["claude-haiku-4-5"]}

    found = ids("claude-haiku-4-5", "anthropic/claude-haiku-4.5", packaged=packaged)

    assert found == {"anthropic/claude-haiku-4.5": ["claude-haiku-4-5"]}


def test_a_packaged_bare_id_stays_the_main_one() -> None:
    assert ids("gpt-4o", "openai/gpt-4o", packaged={"gpt-4o": []}) == {"gpt-4o": ["openai/gpt-4o"]}


def test_two_packaged_models_stay_two() -> None:
    packaged: dict[str, list[str]] = {"gpt-4o": [], "openai/gpt-4o": []}

    assert ids("gpt-4o", "openai/gpt-4o", packaged=packaged) == {"gpt-4o": [], "openai/gpt-4o": []}


def test_a_model_that_is_known_by_its_bare_id_keeps_it() -> None:
    assert ids("gpt-4o", "openai/gpt-4o", known={"gpt-4o"}) == {"gpt-4o": ["openai/gpt-4o"]}


def test_a_list_that_names_other_ids_both_ways_has_one_model() -> None:
    listed: dict[str, Facts] = {
        "mistral-large-2411": {"aliases": ["mistral-large-latest"], "context_length": 131_072},
        "mistral-large-latest": {"aliases": ["mistral-large-2411"], "name": "Large"},
    }

    found = grouped(listed, {}, set())

    assert list(found) == ["mistral-large-2411"]
    assert found["mistral-large-2411"] == {
        "aliases": ["mistral-large-latest"],
        "context_length": 131_072,
        "name": "Large",
    }


def test_what_stands_under_the_main_id_counts_more() -> None:
    listed: dict[str, Facts] = {"gpt-4o": {"name": "Bare", "developer": "OpenAI"}, "openai/gpt-4o": {"name": "Full"}}

    assert grouped(listed, {}, set())["openai/gpt-4o"]["name"] == "Full"
    assert grouped(listed, {}, set())["openai/gpt-4o"]["developer"] == "OpenAI"
