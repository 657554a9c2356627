"""The panel as it is shown: a control for each parameter, the most used first, with words that help."""

import pytest

from providers.parameters import Control, Moved, Shown, shown
from tests.providers.documented import DOCUMENTED, PARAMETERS, model, named


def panel_of(model_id: str, **written: str) -> Shown:
    return shown(named(model_id).panel, Moved(written))


def control_of(panel: Shown, name: str) -> Control:
    return next(control for control in panel.controls if control.name == name)


@pytest.mark.parametrize("item", DOCUMENTED, ids=lambda item: str(item["id"]))
def test_every_field_has_one_control_called_by_its_wire_name(item: dict[str, object]) -> None:
    panel = model(item).panel

    controls = shown(panel, Moved()).controls

    assert sorted(control.label for control in controls) == sorted(panel.names)
    assert len({control.id for control in controls}) == len(controls)
    assert all(control.hint and "." not in control.id for control in controls)


def test_help_is_in_our_own_words() -> None:
    hints = {
        control.name: control.hint for item in DOCUMENTED for control in shown(model(item).panel, Moved()).controls
    }

    assert [name for name, hint in hints.items() if PARAMETERS[name]["description"] in hint] == []


def test_the_most_used_come_first_and_the_rest_is_folded() -> None:
    first, *others = panel_of("deepseek/deepseek-v4-pro").groups

    assert [control.name for control in first.controls] == [
        "temperature",
        "max_tokens",
        "top_p",
        "reasoning_effort",
        "reasoning.effort",
        "reasoning.exclude",
        "reasoning.max_tokens",
    ]
    assert [group.title for group in others] == [
        "Choice of words",
        "Length and number",
        "The answer",
        "Tools",
        "Web search",
    ]
    assert not any(group.is_open for group in others)


def test_a_group_in_which_something_is_set_stands_open() -> None:
    panel = panel_of("deepseek/deepseek-v4-pro", seed="5", top_k="7")

    assert [(group.title, group.count_set) for group in panel.groups if group.is_open][1:] == [("Choice of words", 2)]
    assert panel.count_set == 2


def test_a_short_panel_is_neither_folded_nor_filtered() -> None:
    panel = panel_of("anthropic/claude-sonnet-4.5")

    assert all(group.is_open for group in panel.groups)
    assert not panel.is_long
    assert panel_of("alibaba/qwen3-32b").is_long


@pytest.mark.parametrize(
    ("model_id", "name", "element", "hint"),
    [
        ("qwen-max", "temperature", "input", "0 to 2. "),
        ("anthropic/claude-sonnet-4.5", "temperature", "input", "0 to 1. "),
        ("qwen-max", "seed", "input", "From 1. "),
        ("anthropic/claude-opus-4-7", "max_tokens", "input", "1 to 128000. "),
        ("alibaba/qwen3-32b", "enable_thinking", "select", "When it is not sent: off."),
        (
            "deepseek/deepseek-v4-pro",
            "web_search_options.search_context_size",
            "select",
            "When it is not sent: medium.",
        ),
        ("deepseek/deepseek-v4-pro", "search_mode", "input", "When it is not sent: academic."),
        ("deepseek/deepseek-v4-pro", "search_after_date_filter", "input", "As month/day/year. "),
        ("qwen-max", "stop", "textarea", "One a line, at most 4. "),
        ("qwen-max", "prediction.content", "textarea", "What you expect back"),
        ("qwen-max", "tools", "tools", "JSON. "),
        ("qwen-max", "response_format", "textarea", "JSON; text, json_object or json_schema may stand alone. "),
        ("o3-mini", "further_parameters", "textarea", "is sent as it stands."),
    ],
)
def test_each_kind_has_its_own_control_and_hint(model_id: str, name: str, element: str, hint: str) -> None:
    control = control_of(panel_of(model_id), name)

    assert (control.element, hint in control.hint) == (element, True)


def test_unset_is_none_of_the_values_to_choose_from() -> None:
    for item in DOCUMENTED:
        for control in shown(model(item).panel, Moved()).controls:
            assert "" not in [value for value, _ in control.options]
            assert control.placeholder == ("not sent" if control.name != "max_tokens" else control.placeholder)


def test_the_limit_that_is_sent_without_being_set_is_shown() -> None:
    assert control_of(panel_of("qwen-max"), "max_tokens").placeholder == "4096"
    assert control_of(panel_of("alibaba/qwen3-32b"), "max_tokens").placeholder == "16000"
    assert control_of(panel_of("alibaba/qwen3-32b"), "max_completion_tokens").placeholder == "not sent"


def test_a_control_holds_what_was_written_and_what_is_said_about_it() -> None:
    panel = panel_of("qwen-max", temperature="9", top_p="0.5", max_tokens="")

    temperature, top_p = (control_of(panel, name) for name in ("temperature", "top_p"))
    assert (temperature.value, temperature.error) == ("9", "temperature must be between 0 and 2 for this model.")
    assert (top_p.value, top_p.error, top_p.advice) == ("0.5", "", "")
    assert (panel.count_set, panel.count_wrong) == (2, 1)


def test_examples_are_values_that_may_be_sent() -> None:
    for item in DOCUMENTED:
        panel = model(item).panel
        written = {field.name: field.example for field in panel.fields if field.example}
        assert panel.read(written, streaming=True).errors == {}
