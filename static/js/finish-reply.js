// Characters of HTML that are read in one step, and nodes that are compared in one.
const CHARACTERS = 16384;
const NODES = 64;
// Milliseconds of steps after which the page may do something else.
const BUDGET = 8;

/**
 * Put the finished reply, as the server wrote it, in the place of the one that was being written. The blocks that stand
 * there and are right stay, with the reader's place among them. Reading a long answer in one go, and laying all of it out
 * again, would make the page deaf for a second or more.
 */
export async function finishReply(article, blocks, html) {
  const breathe = breather();
  const finished = await read(html, breathe);
  const prose = finished?.querySelector(":scope > .prose");
  const changes = prose ? await differences([...blocks.childNodes], [...prose.childNodes], breathe) : [];
  if (!finished || !article.isConnected) return;
  for (const [stands, should] of changes) {
    if (!stands) blocks.append(should);
    else if (should) stands.replaceWith(should);
    else stands.remove();
  }
  prose?.replaceChildren();
  article.replaceWith(finished);
  htmx.process(finished);
  if (!prose) return;
  // Only now, so that htmx does not search all that the model wrote for attributes of its own.
  prose.replaceWith(blocks);
  blocks.removeAttribute("data-part");
}

/** The article, read in steps: writing to a document of its own is the one way to have HTML parsed with pauses. */
async function read(html, breathe) {
  const page = document.implementation.createHTMLDocument();
  page.open();
  for (let begin = 0, end; begin < html.length; begin = end) {
    // Between two lines, so that no character is cut in two.
    end = html.indexOf("\n", begin + CHARACTERS) + 1 || html.length;
    page.write(html.slice(begin, end));
    await breathe();
  }
  page.close();
  return page.querySelector("article");
}

/** [node that stands, node that should] of each place where they differ; one of them may be missing. */
async function differences(standing, wanted, breathe) {
  const found = [];
  for (let place = 0; place < Math.max(standing.length, wanted.length); place++) {
    if (!standing[place]?.isEqualNode(wanted[place] ?? null)) found.push([standing[place], wanted[place]]);
    if (place % NODES === 0) await breathe();
  }
  return found;
}

/** To be called between two steps. A page that nobody looks at need not pause, and its timers would be slow. */
function breather() {
  let since = performance.now();
  return async () => {
    if (document.hidden || performance.now() - since < BUDGET) return;
    await new Promise((resolve) => setTimeout(resolve));
    since = performance.now();
  };
}
