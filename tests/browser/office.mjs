// A real browser in the office: the morning, the day of COS, the same without JavaScript, and every page
// in both languages, wide and light, 360 px and dark, held against axe-core.
//
//   node tests/browser/office.mjs KWESTURA [FOLDER]
//
// KWESTURA is the binary; its `demo` makes the office and serves it. FOLDER, a new temporary one
// without it, keeps what the demo made and a screenshot of each page. playwright-core and axe-core
// are found where NODE_PATH says; Chromium at KWESTURA_CHROMIUM, or /usr/bin/chromium; faketime on the PATH.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";

const require = createRequire(import.meta.url);
const { chromium } = require("playwright-core");
const AXE = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

const kwestura = path.resolve(process.argv[2]);
const folder = process.argv[3] ?? fs.mkdtempSync(path.join(os.tmpdir(), "kwestura-browser-"));
fs.mkdirSync(folder, { recursive: true });
const wrong = [];

/// Starts the demo, and tells where it is and how its people sign in.
async function demo() {
  const child = spawn(kwestura, ["demo", "--students", "60", "--out", path.join(folder, "demo")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const passwords = {};
  let base;
  for await (const line of readline.createInterface({ input: child.stdout })) {
    const row = line.match(/│\s*(\w+)\s+┆\s*(\S{5}-\S+)\s+┆/);
    if (row) passwords[row[1]] = row[2];
    base ??= line.match(/http:\/\/127\.0\.0\.1:\d+(?=\/ )/)?.[0];
    const link = line.match(/^http\S+\/link\/\S+/)?.[0];
    if (link) return { child, passwords, base, link };
  }
  throw new Error("the demo ended before it served its pages");
}

const books = (name) => path.join(folder, "demo", "office", name);
const where = ["--database", books("kwestura.db"), "--config", books("kwestura.toml")];

/// What stands in the outbox leaves on the demo's day, each message into a file.
function send() {
  const outbox = path.join(folder, "outbox");
  const words = ["2026-10-28 09:00:00", kwestura, "send", "--folder", outbox, ...where];
  const sent = spawnSync("faketime", words, { env: { ...process.env, TZ: "UTC" }, encoding: "utf8" });
  // 1 says that something needs a person.
  assert.ok([0, 1].includes(sent.status), `${sent.error ?? ""}${sent.stderr}`);
}

/// A second bursar: no page makes one of oneself.
function hire(login) {
  const asks = ["--role", "bursar", "--without-second-factor", "--password-file", "-"];
  const password = "correct horse battery";
  execFileSync(kwestura, ["staff", "add", login, "Ewa Druga", ...asks, ...where], { input: password });
  office.passwords[login] = password;
}

const office = await demo();
const browser = await chromium.launch({
  executablePath: process.env.KWESTURA_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});

async function somebody(role, options = {}) {
  const context = await browser.newContext({ locale: "en", viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.on("console", (message) => message.type() === "error" && wrong.push(`${page.url()}: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`${page.url()}: ${error}`));
  if (role) {
    await page.goto(`${office.base}/sign-in`);
    await page.fill("[name=login]", role);
    await page.fill("[name=password]", office.passwords[role]);
    await page.click("button.primary");
  }
  return page;
}

const statement = (name) => path.join(folder, "demo", "office", "statements", name);
const text = (page, selector = "main") => page.locator(selector).innerText();
const follow = (page, deed) => Promise.all([page.waitForEvent("load"), deed()]);
const waiting = async (page) => Number((await text(page, ".top .muted")).split(" of ")[1]);

async function story(name, play) {
  const began = Date.now();
  try {
    await play();
    console.log(`ok      ${name} (${Date.now() - began} ms)`);
  } catch (error) {
    wrong.push(`${name}: ${error.stack}`);
    console.log(`FAILED  ${name}`);
  }
}

await story("the morning: sign in, today, a statement, ten entries by keyboard, one undone, an export", async () => {
  const page = await somebody("bursar");
  assert.match(page.url(), /\/today$/);
  assert.match(await text(page), /Complete through\s+12 Oct 2026/);
  await page.click("text=Statements");
  await page.setInputFiles("input[type=file]", statement("PLN-2026-10-13.sta"));
  await follow(page, () => page.click("text=Show what would happen"));
  assert.match(await text(page), /will stand; new lines: \d+/);
  assert.match(await text(page), /now through 12 Oct 2026 → then through 27 Oct 2026/);
  await follow(page, () => page.keyboard.press("Enter"));
  assert.match(await text(page), /Imported/);

  // The same by drag and drop, of a file that is known.
  await page.goto(`${office.base}/statements`);
  const bytes = [...fs.readFileSync(statement("PLN-2026-10-13.sta"))];
  const dropped = await page.evaluateHandle((bytes) => {
    const files = new DataTransfer();
    files.items.add(new File([new Uint8Array(bytes)], "dropped.sta"));
    return files;
  }, bytes);
  await follow(page, () => page.dispatchEvent("form[data-drop]", "drop", { dataTransfer: dropped }));
  assert.match(await text(page), /dropped\.sta[^]*this file was here before/);

  await page.goto(`${office.base}/review?strong=1`);
  await follow(page, () => page.keyboard.press("Enter"));
  const before = await waiting(page);
  for (let count = 0; count < 10; count++) await follow(page, () => page.keyboard.press("a"));
  assert.equal(await waiting(page), before - 10);
  await follow(page, () => page.keyboard.press("z"));
  assert.match(await text(page, "[role=status]"), /Taken back/);
  await follow(page, () => page.keyboard.press("Escape"));
  await page.goto(`${office.base}/review`);
  const unknown = page.locator("tbody tr").filter({ hasText: "nothing speaks" }).first();
  await follow(page, () => unknown.locator("a[href^='/review/']").click());
  await follow(page, () => page.click("text=Look for the payer"));
  assert.match(page.url(), /\/students\?q=\w/);
  await page.goto(`${office.base}/review?strong=1`);
  const [file] = await Promise.all([page.waitForEvent("download"), page.click("a[href^='/review.csv']")]);
  const csv = fs.readFileSync(await file.path(), "utf8");
  assert.ok(csv.startsWith("\uFEFFid;") && csv.split("\n").length > 2, csv.slice(0, 200));
  await page.context().close();
});

await story("the day of COS: a case is taken, a due date extended, and the reminder withdrawn", async () => {
  const bursar = await somebody("bursar");
  await bursar.goto(`${office.base}/reminders`);
  await bursar.fill("[name=why]", "the gap is closed");
  await follow(bursar, () => bursar.click("text=Ask a second person"));
  assert.match(await text(bursar), /somebody else has to agree/);
  hire("eve");
  const eve = await somebody("eve");
  await eve.goto(`${office.base}/reminders`);
  await follow(eve, () => eve.click("text=I agree, write them"));
  assert.match(await text(eve), /Messages written: \d+/);
  await eve.context().close();
  await bursar.goto(`${office.base}/messages?state=due`);
  const row = bursar.locator("tbody tr").filter({ hasText: /Reminder/ }).first();
  const message = await row.locator("a[href^='/messages/']").getAttribute("href");
  const student = await row.locator("a[href^='/students/']").getAttribute("href");
  await bursar.goto(office.base + message);
  assert.match(await text(bursar), /What it would say now/);

  const cos = await somebody("cos");
  assert.match(cos.url(), /\/cases/);
  await follow(cos, () => cos.locator("tbody a[href^='/cases/']").first().click());
  await follow(cos, () => cos.click("text=Take it"));
  assert.match(await text(cos), /Noted/);
  await cos.goto(office.base + student);
  for (const fee of await cos.locator("select[name=fee] option[value]:not([value=''])").evaluateAll((all) => all.map((one) => one.value))) {
    await cos.goto(office.base + student);
    await cos.selectOption("[name=kind]", "extend");
    await cos.selectOption("[name=fee]", fee);
    await cos.fill("[name=day]", "2026-12-30");
    await cos.fill("[name=why]", "a letter");
    await follow(cos, () => cos.click("text=Show the effect"));
    assert.match(await text(cos, ".effect"), /30 Dec 2026/);
    await follow(cos, () => cos.click("text=Decide so"));
  }
  await bursar.goto(office.base + message);
  assert.match(await text(bursar), /It would not leave now/);
  send();
  await bursar.goto(office.base + message);
  assert.match(await text(bursar), /withdrawn/);
  await bursar.context().close();
  await cos.context().close();
});

await story("an open page follows: the queue's length, and a colleague who takes the case", async () => {
  const cos = await somebody("cos");
  await follow(cos, () => cos.locator("tbody tr").filter({ hasText: "nobody yet" }).first().locator("a[href^='/cases/']").click());
  const bursar = await somebody("bursar");
  await bursar.locator("[data-count=review]", { hasText: /^\d+$/ }).waitFor();
  await bursar.goto(cos.url());
  await follow(bursar, () => bursar.click("text=Take it"));
  await cos.locator("[data-owner]:visible").waitFor();
  assert.match(await text(cos, "[data-owner]"), /bursar/);
  await bursar.context().close();
  await cos.context().close();
});

await story("the queue is walked with keys, and keys of one letter are switched off for good", async () => {
  const page = await somebody("bursar");
  await page.goto(`${office.base}/review`);
  const link = (nth) => page.locator("[data-row]").nth(nth).getAttribute("href");
  const focused = () => page.evaluate(() => document.activeElement.getAttribute("href"));
  await page.keyboard.press("j");
  assert.equal(await focused(), await link(0));
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  assert.equal(await focused(), await link(1));
  const second = await link(1);
  await follow(page, () => page.keyboard.press("Enter"));
  assert.ok(page.url().endsWith(second), page.url());
  await page.uncheck("[data-keys] input");
  await page.goto(`${office.base}/review`);
  await page.keyboard.press("j");
  assert.equal(await focused(), null);
  assert.ok(!(await page.locator("[data-keys] input").isChecked()));
  await page.check("[data-keys] input");
  await page.locator("h1").click();
  await page.keyboard.press("j");
  assert.equal(await focused(), await link(0));
  await page.context().close();
});

await story("without JavaScript a statement is previewed, an entry assigned and taken back", async () => {
  const page = await somebody("bursar", { javaScriptEnabled: false });
  await page.goto(`${office.base}/statements`);
  await page.setInputFiles("input[type=file]", statement("EUR-2026-W43.xml"));
  await page.click("text=Show what would happen");
  assert.match(await text(page), /will stand/);
  await page.click("text=Import");
  await page.goto(`${office.base}/review?strong=1`);
  await page.click("text=Begin with the first");
  const before = await waiting(page);
  await page.click(".decision button.primary");
  assert.equal(await waiting(page), before - 1);
  await page.click("[role=status] button");
  assert.match(await text(page, "[role=status]"), /Taken back/);
  await page.context().close();
});

/// What cannot be read, or reaches beyond the window.
async function look(page, name) {
  await page.evaluate(() => document.fonts.ready);
  // As an expression: the policy of the pages lets no page run a text, the devtools may.
  const found = await page.evaluate(`${AXE};
    axe.run({ runOnly: ${JSON.stringify(RULES)} }).then((report) => ({
      over: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      violations: report.violations.map((one) => one.id + ": " + one.nodes[0].html.slice(0, 160)),
    }))`);
  if (found.over > 0) wrong.push(`${name} is ${found.over} px too wide`);
  wrong.push(...found.violations.map((violation) => `${name}: ${violation}`));
  await page.screenshot({ path: path.join(folder, `${name.replaceAll(/[^\w-]+/g, "_")}.png`), fullPage: true });
}

/// Every page that is one or two links away from where a role begins.
async function ways(page) {
  const links = (selector) => page.locator(selector).evaluateAll((all) => all.map((one) => one.getAttribute("href")));
  const seen = new Set();
  for (const place of await links(".rail nav a")) {
    seen.add(place);
    await page.goto(office.base + place);
    const kinds = new Set();
    for (const link of await links("main a[href^='/']")) {
      const kind = link.split("?")[0].replace(/(\/\w+\/).+/, "$1*");
      if (!kinds.has(kind) && !/\.(csv|xlsx|pdf)(\?|$)/.test(link)) seen.add(link);
      kinds.add(kind);
    }
  }
  return [...seen];
}

for (const [code, width, colorScheme] of [["pl", 1280, "light"], ["en", 360, "dark"], ["en", 1280, "dark"], ["pl", 360, "light"]]) {
  await story(`every page is for everybody: ${code}, ${width} px, ${colorScheme}`, async () => {
    for (const role of ["bursar", "cos", "auditor", "administrator", undefined]) {
      const page = await somebody(role, { locale: code, colorScheme, viewport: { width, height: 800 } });
      const all = role ? await ways(page) : ["/sign-in", "/sign-in/link"];
      for (const way of all) {
        const answer = await page.goto(office.base + way);
        assert.ok(answer.ok(), `${role} ${way}: ${answer.status()}`);
        await look(page, `${role ?? "nobody"}${way}-${code}-${width}-${colorScheme}`);
      }
      await page.context().close();
    }
  });
}

await browser.close();
office.child.kill("SIGINT");
for (const words of wrong) console.log(words);
console.log(wrong.length === 0 ? `nothing is wrong; screenshots in ${folder}` : `${wrong.length} wrong; screenshots in ${folder}`);
process.exit(wrong.length === 0 ? 0 : 1);
