/** Typed events: the only way lower parts speak to upper ones. */

type Listener<T> = (value: T) => void;

export class Emitter<Events extends object> {
  private readonly listeners = new Map<keyof Events, Set<Listener<never>>>();

  /** Returns a function that ends the subscription. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const group = this.listeners.get(name) ?? new Set();
    group.add(listener as Listener<never>);
    this.listeners.set(name, group);
    return () => group.delete(listener as Listener<never>);
  }

  emit<Name extends keyof Events>(name: Name, value: Events[Name]): void {
    this.listeners.get(name)?.forEach((listener) => {
      (listener as Listener<Events[Name]>)(value);
    });
  }
}
