// Stands for the package `openai`, which is not here: it takes what the package takes, and sends what the package sends.
export default class OpenAI {
  constructor({ baseURL, apiKey }) {
    if (!baseURL || !apiKey) throw new Error("baseURL and apiKey are needed");
    this.send = (path, body, headers) =>
      fetch(baseURL + path, {
        method: "POST",
        headers: { Authorization: `Bearer ${apiKey}`, "Content-Type": "application/json", ...headers },
        body,
      });
    this.chat = { completions: { create: (body) => this.#ask("/chat/completions", JSON.stringify(body), body.stream) } };
    this.responses = { create: (body) => this.#ask("/responses", JSON.stringify(body), body.stream) };
  }

  post(path, { body, headers, stream }) {
    if (!ArrayBuffer.isView(body)) throw new Error("only bytes are sent as they are");
    return this.#ask(path, body, stream, headers);
  }

  async #ask(path, body, stream, headers = {}) {
    const response = await this.send(path, body, headers);
    if (!response.ok) throw new Error(`${response.status}`);
    return stream ? events(await response.text()) : response.json();
  }
}

async function* events(text) {
  for (const line of text.split("\n")) {
    if (line.startsWith("data: ") && line !== "data: [DONE]") yield JSON.parse(line.slice(6));
  }
}
