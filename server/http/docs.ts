import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RequestHandler, Router } from 'express';

/** The page loads its own scripts and styles, and nothing from elsewhere. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

const FILES = ['swagger-ui.css', 'swagger-ui-bundle.js'];

/** `GET /docs`: the description of the service for people. Works without the internet. */
export function docs(): Router {
  const router = Router();
  router.use((_req, res, next) => {
    res.set({ 'Content-Security-Policy': PAGE_POLICY, 'Cache-Control': 'public, max-age=3600' });
    next();
  });
  router.get('/', (req, res, next) => {
    // What the page loads is beside its address, also where a proxy put something before it.
    if (new URL(req.originalUrl, 'http://page').pathname.endsWith('/')) res.redirect('../docs');
    else next();
  });
  router.get('/', sendFile(path.join(import.meta.dirname, 'docs-page/index.html')));
  router.get('/start.js', sendFile(path.join(import.meta.dirname, 'docs-page/start.js')));
  for (const file of FILES) {
    router.get(`/${file}`, sendFile(fileURLToPath(import.meta.resolve(`swagger-ui-dist/${file}`))));
  }
  return router;
}

const sendFile =
  (file: string): RequestHandler =>
  (_req, res) =>
    res.sendFile(file);
