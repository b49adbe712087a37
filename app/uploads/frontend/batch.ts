/** Gathering calls, so that thousands of small files do not need two requests each. */

const AT_ONCE = 50;
const IN_FLIGHT = 2;

interface Call<In, Out> {
  input: In;
  resolve: (output: Out) => void;
  reject: (error: unknown) => void;
}

/**
 * Answers calls together: while one request is on its way, those that come are gathered for the
 * next. `send` answers in the order that it was asked in.
 */
export class Batch<In, Out> {
  private readonly waiting: Call<In, Out>[] = [];
  private readonly send: (inputs: In[]) => Promise<Out[]>;
  private inFlight = 0;
  private isDue = false;

  constructor(send: (inputs: In[]) => Promise<Out[]>) {
    this.send = send;
  }

  add(input: In): Promise<Out> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ input, resolve, reject });
      this.flushSoon();
    });
  }

  private flushSoon(): void {
    if (this.isDue || this.inFlight >= IN_FLIGHT || this.waiting.length === 0) return;
    this.isDue = true;
    setTimeout(() => {
      this.isDue = false;
      void this.flush();
    });
  }

  private async flush(): Promise<void> {
    const calls = this.waiting.splice(0, AT_ONCE);
    this.inFlight += 1;
    this.flushSoon();
    try {
      const outputs = await this.send(calls.map(({ input }) => input));
      calls.forEach((call, at) => {
        const output = outputs[at];
        if (output === undefined) call.reject(new Error("The portal did not answer for this file."));
        else call.resolve(output);
      });
    } catch (error) {
      for (const call of calls) call.reject(error);
    } finally {
      this.inFlight -= 1;
      this.flushSoon();
    }
  }
}
