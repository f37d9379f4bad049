package ai.mariner.core.model;

import ai.mariner.core.application.ApplicationSpec;
import ai.mariner.core.graph.Served;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.ResponseSink;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A registered application as APIs see it. Thread-safe. */
public final class Application {
  private final String name;
  private final ApplicationSpec spec;
  private final List<Entry> entries;
  private final BooleanSupplier ready;
  private final boolean atStart;

  /**
   * Where a route begins.
   *
   * @param served who takes its requests
   * @param program the one program that they are for; absent: several
   * @param number number of the route among those of the program, from 1
   */
  record Entry(Served served, @Nullable ModelRef program, int number) {}

  /**
   * Makes an application.
   *
   * @param name registered name
   * @param entries where its routes begin, by their numbers
   * @param ready whether all its stages would serve
   * @param atStart whether the server was started with it
   */
  Application(
      String name,
      ApplicationSpec spec,
      List<Entry> entries,
      BooleanSupplier ready,
      boolean atStart) {
    this.name = name;
    this.spec = spec;
    this.entries = List.copyOf(entries);
    this.ready = ready;
    this.atStart = atStart;
  }

  /** Registered name. */
  public String name() {
    return name;
  }

  /** What it is made of. */
  public ApplicationSpec spec() {
    return spec;
  }

  /** Whether the server was started with it. */
  public boolean atStart() {
    return atStart;
  }

  /** Whether its requests would be served: its stages have workers, and no stop is under way. */
  public boolean ready() {
    return ready.getAsBoolean();
  }

  /** The one program that a route is for; absent: it leads through several. */
  public @Nullable ModelRef program(int route) {
    return entries.get(route).program();
  }

  /**
   * Takes a request on one of its routes; its outcome arrives through the sink, whatever happens.
   *
   * @param route the route's number, from 0
   * @param request its bodies belong to the callee from now on
   * @param sink who wants the answer
   */
  public void submit(int route, InferenceRequest request, ResponseSink sink) {
    Entry entry = entries.get(route);
    ModelRef program = entry.program();
    entry.served().submit(program == null ? request : request.to(program, entry.number()), sink);
  }
}
