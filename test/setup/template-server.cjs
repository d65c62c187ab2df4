/**
 * Stands in for the web template's own production server: CommonJS, its middleware in its order, `/api` on the origin of
 * the pages. Only what a request meets on its way; says its port on standard output.
 */
const cookieParser = require('cookie-parser');
const express = require('express');
const helmet = require('helmet');
const forwardPayments = require('../../ext/reverse-proxy/express/forwardPayments.cjs');

const app = express();
if (process.env.WITH_BODY_PARSER === 'true') app.use(express.text({ type: '*/*', limit: '1mb' }));
app.use(helmet({ contentSecurityPolicy: false }));
app.use(express.json({ type: ['json', 'application/csp-report'] }));
app.use(cookieParser());
app.use((req, res, next) => {
  res.cookie('from-the-template', 'yes');
  next();
});
app.use(forwardPayments(process.env.PAYMENT_PROXY_URL));
app.use('/api', (req, res) => {
  res.json({ answeredBy: 'template', path: req.originalUrl });
});
app.use((req, res) => {
  res.type('html').send('<p>A page</p>');
});

const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`port ${server.address().port}\n`);
});
