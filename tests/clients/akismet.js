// What an application in JavaScript does with the published client; prints what came of it, as one line of JSON.
import { Author, Blog, CheckResult, Client, Comment } from "@cedx/akismet";

const { URL: baseUrl, KEY, SPAM, HAM } = process.env;
const blog = new Blog({ url: "https://blog.example" });
const client = new Client(KEY, blog, { baseUrl });
const stranger = new Client("gp_nothing", blog, { baseUrl });

function comment(text) {
    const { author, website, body } = JSON.parse(text);
    const writer = new Author({ ipAddress: "192.0.2.1", name: author, url: website ?? "", userAgent: "Mozilla/5.0" });
    return new Comment({ author: writer, content: body });
}

const spam = comment(SPAM);
const ham = comment(HAM);
const heard = {
    good: await client.verifyKey(),
    spam: await client.checkComment(spam) != CheckResult.ham,
    ham: await client.checkComment(ham) == CheckResult.ham,
    strangerGood: await stranger.verifyKey(),
    refused: await stranger.checkComment(ham).then(() => null, error => error.message),
};
await client.submitSpam(ham);
await client.submitHam(ham);
console.log(JSON.stringify(heard));
