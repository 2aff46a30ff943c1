// A Nest application, unmodified, that does not know by which adapter it is served: a service that is injected, pipes,
// exceptions, a stream, server-sent events. Runs in workers.
import { Readable } from 'node:stream';
import {
  Body,
  Controller,
  Get,
  HttpCode,
  Injectable,
  Module,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
  Sse,
  StreamableFile,
} from '@nestjs/common';
import { interval, map, type Observable, take } from 'rxjs';

interface Note {
  id: number;
  text: string;
}

@Injectable()
export class NotesService {
  private readonly notes: Note[] = [];

  add(text: string): Note {
    const note = { id: this.notes.length, text };
    this.notes.push(note);
    return note;
  }

  get(id: number): Note {
    const note = this.notes[id];
    if (note === undefined) throw new NotFoundException(`no note ${id}`);
    return note;
  }
}

@Controller()
export class NotesController {
  constructor(private readonly notes: NotesService) {}

  @Get()
  hello(): object {
    return { hello: 'world' };
  }

  @Post('notes')
  add(@Body() { text }: { text: string }): Note {
    return this.notes.add(text);
  }

  @Get('notes/:id')
  get(@Param('id', ParseIntPipe) id: number): Note {
    return this.notes.get(id);
  }

  @Post('shout')
  @HttpCode(200)
  async shout(@Body() { text }: { text: string }): Promise<string> {
    return `${text.toUpperCase()}!`;
  }

  @Get('file')
  file(): StreamableFile {
    return new StreamableFile(Readable.from(['in ', 'pieces']), { type: 'text/plain' });
  }

  @Get('fails')
  fails(): void {
    throw new Error('as an example');
  }

  @Sse('ticks')
  ticks(): Observable<{ data: string }> {
    return interval(10).pipe(
      take(3),
      map((tick) => ({ data: `tick ${tick}` })),
    );
  }
}

@Module({ controllers: [NotesController], providers: [NotesService] })
export class AppModule {}
