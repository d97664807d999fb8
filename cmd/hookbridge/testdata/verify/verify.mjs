// Verifies captured webhooks with the libraries beside this file: node verify.mjs FILE, where FILE holds a JSON
// list of { secret, headers, body } with the body in base64. Each webhook must be accepted as it is, and
// refused with another body and with another secret. It prints a line for each library.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const captured = JSON.parse(readFileSync(process.argv[2]));

function accepts(Webhook, { secret, headers, body }) {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch (error) {
    if (error.name !== "WebhookVerificationError") {
      throw error;
    }
    return false;
  }
}

for (const library of ["standardwebhooks", "svix"]) {
  const { Webhook } = await import(library);
  const { version } = require(`${library}/package.json`);
  const other = `whsec_${Buffer.alloc(24, "x").toString("base64")}`;
  let accepted = 0, tampered = 0, foreign = 0;
  for (const { secret, headers, body } of captured) {
    const bytes = Buffer.from(body, "base64");
    const text = bytes.toString("utf8");
    if (!Buffer.from(text, "utf8").equals(bytes)) {
      throw new Error(`${headers["Webhook-Id"]}: the body is no UTF-8`);
    }
    accepted += accepts(Webhook, { secret, headers, body: text });
    tampered += !accepts(Webhook, { secret, headers, body: text.replace(/.}$/, "?}") });
    foreign += !accepts(Webhook, { secret: other, headers, body: text });
  }
  console.log(`${library} ${version}: ${accepted} accepted, ${tampered} tampered and ${foreign} foreign refused`);
}
