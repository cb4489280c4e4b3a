// An OpenID provider: oidc-provider, with back-channel log-out.
//
//     node sso_openid.mjs FOLDER_OF_NODE_MODULES ADDRESS_TO_COME_BACK_TO
//
// Prints `READY http://127.0.0.1:PORT` and serves until it is ended. Any password is right.
import http from 'node:http';
import { pathToFileURL } from 'node:url';

const [modules, back] = process.argv.slice(2);
const { default: Provider } = await import(
  pathToFileURL(`${modules}/node_modules/oidc-provider/lib/index.js`));
const students = { JKowalski: 'ada' };
const claims = (id) => ({
  sub: `sub-${id}`, name: `Name ${id}`, preferred_username: id, usos_id: students[id],
  email: `${id}@example.test`, email_verified: id === 'JKowalski',
});
const server = http.createServer().listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: 'kwestura', client_secret: 's3cret:+/', redirect_uris: [back],
      backchannel_logout_uri: back, backchannel_logout_session_required: true,
    }],
    claims: {
      openid: ['sub'], profile: ['name', 'preferred_username', 'usos_id'],
      email: ['email', 'email_verified'],
    },
    features: { backchannelLogout: { enabled: true } },
    cookies: { keys: ['for stories alone'] },
    pkce: { required: () => true },
    findAccount: (_, id) => ({ accountId: id, claims: () => claims(id.replace(/^sub-/, '')) }),
  });
  server.on('request', provider.callback());
  console.log(`READY ${issuer}`);
});
