// Nest on Fastify. In a clone: npm run build:test, then
//   npx pronghorn out/examples/nest/fastify.js --listen http://127.0.0.1:8080
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';

const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), {
  logger: ['error'],
});
await app.init();

export default app.getHttpAdapter().getInstance();
