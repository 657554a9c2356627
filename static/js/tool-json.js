/** Tools as JSON: how each dialect writes them, and where in them stands what a form shows. */

/** The list of tools in this text; an empty text is an empty list, and what is no list is null. */
export function readTools(text) {
  if (!text.trim()) return [];
  try {
    const tools = JSON.parse(text);
    return Array.isArray(tools) ? tools : null;
  } catch {
    return null;
  }
}

export function writeTools(tools) {
  return tools.length ? JSON.stringify(tools, null, 2) : "";
}

/**
 * The object that has the name and the description of a tool, and the name of the schema in it; of a custom tool there is
 * none. Null for a tool of the provider's own, which has nothing that a form could show.
 */
export function placesIn(tool) {
  if (isObject(tool?.function)) return { holder: tool.function, schema: "parameters", isStrict: true };
  if (isObject(tool?.custom)) return { holder: tool.custom };
  if (!isObject(tool) || typeof tool.name !== "string") return null;
  if ("input_schema" in tool) return { holder: tool, schema: "input_schema" };
  if (tool.type === "function") return { holder: tool, schema: "parameters", isStrict: true };
  return tool.type === "custom" ? { holder: tool } : null;
}

export function nameOf(tool) {
  return placesIn(tool)?.holder.name ?? tool?.name ?? tool?.type ?? "";
}

/** The name, with a number behind it where others have it already. */
export function freeName(name, others) {
  let free = name;
  for (let number = 2; others.includes(free); number++) free = `${name}_${number}`;
  return free;
}

export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
