"""Help for each parameter that has a control, in plain words. Pure: no Django, no I/O."""

HELP = {
    # The most used
    "temperature": "Higher is more varied, lower more predictable.",
    "max_tokens": "The longest answer, in tokens. Reasoning counts too; a low limit cuts the answer.",
    "max_completion_tokens": "The newer name of max_tokens; one of the two is enough.",
    "top_p": "Chooses among the likeliest words that together have this share. Lower is more predictable.",
    # Reasoning
    "reasoning_effort": "How hard the model thinks before it answers. More takes longer and costs more.",
    "enable_thinking": "Lets the model think before it answers.",
    "thinking_budget": "The most tokens it may think. Needs enable_thinking.",
    "thinking.type": "Whether the model thinks before it answers; enabled goes with a budget.",
    "thinking.budget_tokens": "Lets the model think, at most so many tokens, before it answers. Less than max_tokens.",
    "reasoning.effort": "How hard the model thinks, in a word such as low or high.",
    "reasoning.max_tokens": "The most tokens it may think; instead of reasoning.effort.",
    "reasoning.exclude": "The model thinks, and its thoughts are left out of the answer.",
    # Sampling
    "seed": "The same number makes the same answer likelier; it promises nothing.",
    "presence_penalty": "Above 0, words that were used already become less likely; below, more likely.",
    "frequency_penalty": "Above 0, a word becomes less likely each time it is used; below, more likely.",
    "repetition_penalty": "Above 1, repeating becomes less likely; below, more likely.",
    "top_k": "Chooses among so many of the likeliest words only.",
    "min_p": "Leaves out words that are less likely than this share of the likeliest one.",
    "top_a": "Leaves out unlikely words, and more of them where one word is nearly certain.",
    "logit_bias": "Makes single tokens likelier, up to 100, or rules them out, down to -100, by their number.",
    # Length and stopping
    "stop": "The answer ends where one of these would come.",
    "stop_sequences": "The answer ends where one of these would come.",
    "n": "How many answers to write. Each is paid for.",
    # Tools
    "tools": "Functions that the model may ask for. Nothing is ever executed here.",
    "tool_choice": "Whether it must call a function, and which.",
    "parallel_tool_calls": "Lets it ask for several functions at once.",
    # The answer
    "response_format": "Plain text, any JSON, or JSON that follows a schema. Ask for JSON in your message too.",
    "prediction.content": "What you expect back nearly unchanged, such as a file to be edited: it comes faster so.",
    "logprobs": "Reports how likely each token of the answer was.",
    "top_logprobs": "How many alternatives to report for each token. Needs logprobs.",
    "echo": "Puts your message before the answer.",
    "modalities": "Kinds of answer, such as text and audio.",
    "audio.format": "File format of a spoken answer.",
    "audio.voice": "Who speaks the answer.",
    "mask_sensitive_info": "Replaces private data in the answer with asterisks.",
    # Web search
    "web_search_options.search_context_size": "How much of what was found the model reads.",
    "web_search_options.user_location.approximate.city": "Where the person who asks is: the city.",
    "web_search_options.user_location.approximate.country": "The country, in two capital letters such as FR.",
    "web_search_options.user_location.approximate.region": "The region.",
    "web_search_options.user_location.approximate.timezone": "The time zone, such as Europe/Paris.",
    "search_mode": "What to look through; academic prefers the work of scholars.",
    "search_domain_filter": "Sites to look at only; with a minus in front, sites to leave out.",
    "search_recency_filter": "Only what is as recent as this.",
    "search_after_date_filter": "Only pages from after this day.",
    "search_before_date_filter": "Only pages from before this day.",
    "last_updated_after_filter": "Only pages changed after this day.",
    "last_updated_before_filter": "Only pages changed before this day.",
    "return_images": "Shows pictures among what was found.",
    "return_related_questions": "Suggests what to ask next.",
    # The request
    "system": "A system prompt beside the messages, as this model's API has it.",
    "metadata": "Texts for your own records, by name.",
}
