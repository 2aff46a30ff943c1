// Nest on Express. In a clone: npm run build:test, then
//   npx pronghorn out/examples/nest/express.js --listen http://127.0.0.1:8080
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';

const app = await NestFactory.create<NestExpressApplication>(AppModule, { logger: ['error'] });
await app.init();

export default app.getHttpAdapter().getInstance();
