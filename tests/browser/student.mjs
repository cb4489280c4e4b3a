// A student with a telephone: from the mail's link to the code to pay by, scanned from the screen, in three
// taps; what to copy, copied; and every page of a student in both languages, 360 px wide, held against axe-core.
// With JavaScript and without.
//
//   node tests/browser/student.mjs KWESTURA [FOLDER]
//
// As office.mjs; jsqr, which reads the code as a bank's application does, is found beside the others.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";

const require = createRequire(import.meta.url);
const { chromium } = require("playwright-core");
const AXE = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const SCANNER = fs.readFileSync(require.resolve("jsqr/dist/jsQR.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const WIDTH = 360;

const kwestura = path.resolve(process.argv[2]);
const folder = process.argv[3] ?? fs.mkdtempSync(path.join(os.tmpdir(), "kwestura-student-"));
fs.mkdirSync(folder, { recursive: true });

const demo = spawn(kwestura, ["demo", "--students", "60", "--out", path.join(folder, "demo")], {
  stdio: ["ignore", "pipe", "inherit"],
});
let link;
for await (const line of readline.createInterface({ input: demo.stdout })) {
  link = line.match(/^http\S+\/link\/\S+/)?.[0];
  if (link) break;
}
assert.ok(link, "the demo prints a student's link");

const browser = await chromium.launch({
  executablePath: process.env.KWESTURA_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
const telephone = (locale) => browser.newContext({
  locale, viewport: { width: WIDTH, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true,
});

/// What a camera before the screen reads.
async function scanned(page) {
  const picture = await page.locator("figure.code").first().screenshot();
  const camera = await (await browser.newContext()).newPage();
  await camera.addScriptTag({ content: SCANNER });
  const read = await camera.evaluate(async (base64) => {
    const picture = new Image();
    picture.src = `data:image/png;base64,${base64}`;
    await picture.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [picture.width, picture.height];
    const context = canvas.getContext("2d");
    context.drawImage(picture, 0, 0);
    const { data, width, height } = context.getImageData(0, 0, picture.width, picture.height);
    return globalThis.jsQR(data, width, height)?.data;
  }, picture.toString("base64"));
  await camera.context().close();
  return read;
}

/// The amount, the day and the number stand on the screen, and the code says the same.
async function ways_to_pay(page, name, words) {
  const main = await page.locator("main").innerText();
  for (const word of words) assert.match(main, word);
  const sum = page.locator(".sum").first();
  const box = await sum.boundingBox();
  assert.ok(box && box.y + box.height < 740, `${name}: the amount is not on the first screen`);
  const [tax, country, number, grosze, , title] = (await scanned(page)).split("|");
  assert.deepEqual([tax, country], ["", "PL"]);
  const digits = (text) => text.replaceAll(/\D/g, "");
  assert.equal(number, digits(await page.locator(".nrb").first().innerText()));
  assert.equal(Number(grosze), Number(digits(await page.locator(".how dd span").nth(2).innerText())));
  const shown = await page.locator(".how dd span").nth(1).innerText();
  assert.equal(title, shown.replaceAll(/[^\p{L}\p{N}]+/gu, " ").trim().slice(0, 32).trim());
  await is_sound(page, name);
}

/// It fits the screen, and everybody can use it.
async function is_sound(page, name) {
  const over = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
  assert.equal(over, 0, `${name} is ${over} px too wide`);
  const found = await page.evaluate(`${AXE}; axe.run({ runOnly: ${JSON.stringify(RULES)} })`);
  assert.deepEqual(found.violations.map((one) => `${name}: ${one.id}: ${one.nodes[0].html}`), []);
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
}

const sent = (page, button) => Promise.all([page.waitForEvent("load"), button.tap()]);

/// What a button lays into the clipboard is what stands beside it.
async function copied(page) {
  const rows = page.locator(".how div", { has: page.locator("button.copy") });
  assert.ok((await rows.count()) >= 3, "number, title and amount are copied");
  const digits = (text) => text.replaceAll(/\D/g, "");
  for (const row of await rows.all()) {
    const button = row.locator("button.copy");
    const shown = await row.locator("dd span").innerText();
    await button.tap();
    await page.waitForFunction((one) => one.textContent === one.dataset.done, await button.elementHandle());
    const laid = await page.evaluate("navigator.clipboard.readText()");
    assert.ok(laid === shown || digits(laid) === digits(shown), `${laid} for ${shown}`);
  }
}

/// Every page of somebody who is signed in; a fee is called wrong in each language of its own.
async function every_page(page, language) {
  const at = (to) => page.goto(new URL(to, link).href);
  await at("/account");
  await page.locator("details summary").first().tap();
  await is_sound(page, `fee-${language}`);
  const fee = await page.locator("a[href*='/say/wrong?fee=']").nth(language === "pl" ? 0 : 1).getAttribute("href");
  for (const what of ["paid", "wrong", "time", "instalments"]) {
    await at(`/account/say/${what}`);
    await is_sound(page, `say-${what}-${language}`);
  }
  // Refused with words: nobody paid two years ago.
  await at("/account/say/paid");
  await page.fill("[name=paid_on]", "2024-01-01");
  await sent(page, page.locator("main button.primary"));
  assert.equal(await page.locator("[role=alert]").count(), 1);
  await is_sound(page, `refused-${language}`);
  // A photograph that is far too large is refused with words, not with a broken line.
  const photograph = { name: "large.jpg", mimeType: "image/jpeg", buffer: Buffer.alloc(12 << 20, 255) };
  await page.fill("[name=paid_on]", "2026-10-20");
  await page.setInputFiles("[name=confirmation]", photograph);
  await sent(page, page.locator("main button.primary"));
  assert.match(await page.locator("[role=alert]").innerText(), /5 MB/);
  assert.equal(await page.locator("[name=paid_on]").inputValue(), "2026-10-20");
  await at(fee);
  await page.fill("[name=words]", "There is no such course, and a-word-that-is-longer-than-a-narrow-screen-is-wide.");
  await sent(page, page.locator("main button.primary"));
  assert.match(page.url(), /said=1/);
  assert.ok((await page.locator("#said li").count()) >= 1);
  await is_sound(page, `said-${language}`);
  await sent(page, page.locator("form[action='/account/calendar'] button"));
  await is_sound(page, `calendar-${language}`);
  await at("/genuine");
  await is_sound(page, `genuine-signed-in-${language}`);
}

/// And of somebody who is not.
async function every_page_of_a_stranger(page, language) {
  for (const [to, name] of [["/api/v1", "api"], ["/sign-in", "sign-in"], ["/sign-in/link", "link"], ["/link/x", "opened"], ["/genuine", "genuine"]]) {
    await page.goto(new URL(to, link).href);
    await is_sound(page, `${name}-${language}`);
  }
  await page.fill("[name=code]", "AAAA-BBBB-CCCC-DDDD-EEEE");
  await sent(page, page.locator("main button.primary"));
  await is_sound(page, `genuine-unknown-${language}`);
  await page.goto(new URL("/sign-in/link", link).href);
  await page.fill("[name=address]", "nobody@student.example.edu");
  await sent(page, page.locator("main button.primary"));
  await is_sound(page, `link-sent-${language}`);
  await page.goto(new URL("/link/x", link).href);
  await sent(page, page.locator("main button.primary"));
  await is_sound(page, `link-dead-${language}`);
}

let failed = false;
try {
  // The link is opened in Polish first, and not used: a program that looks into mails does that, too.
  const polish = await (await telephone("pl")).newPage();
  await polish.goto(link);
  assert.equal(await polish.locator("main button.primary").innerText(), "Zaloguj mnie");

  // The first tap is on the link in the mail, the second on its button; the third opens the camera.
  const page = await (await telephone("en")).newPage();
  await page.goto(link);
  await Promise.all([page.waitForURL(/\/account$/), page.getByRole("button", { name: "Sign me in" }).tap()]);
  await ways_to_pay(page, "student-en", [/To pay/, /our account is credited/]);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: new URL(link).origin });
  await copied(page);
  await every_page(page, "en");
  await page.goto(new URL("/account", link).href);
  await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name: "Polski" }).tap()]);
  await ways_to_pay(page, "student-pl", [/Do zapłaty/, /naszym rachunku|na nasz rachunek/]);
  await every_page(page, "pl");
  await page.goto(new URL("/account", link).href);

  // The same session without JavaScript.
  const still = await browser.newContext({ javaScriptEnabled: false, viewport: { width: WIDTH, height: 740 } });
  await still.addCookies(await page.context().cookies());
  const bare = await still.newPage();
  await bare.goto(page.url());
  assert.match(await bare.locator("main").innerText(), /Do zapłaty/);
  assert.equal((await scanned(bare)).split("|")[1], "PL");

  // Whoever has the link now has nothing.
  await Promise.all([polish.waitForEvent("load"), polish.getByRole("button", { name: "Zaloguj mnie" }).tap()]);
  await polish.goto(new URL("/account", link).href);
  assert.match(polish.url(), /\/sign-in/);
  await every_page_of_a_stranger(polish, "pl");
  await every_page_of_a_stranger(await (await telephone("en")).newPage(), "en");
  console.log(`ok      from the mail's link to a scanned code in three taps, and every page; screenshots in ${folder}`);
} catch (error) {
  failed = true;
  console.log(`FAILED  ${error.stack}; screenshots in ${folder}`);
}
await browser.close();
demo.kill("SIGINT");
process.exit(failed ? 1 : 0);
