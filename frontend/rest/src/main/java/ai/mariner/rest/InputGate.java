package ai.mariner.rest;

import io.netty.channel.ChannelConfig;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Lets in what a client sends while there is room for one more request; else sets it aside, in
 * order, and reads no more from the connection. On the connection's loop.
 */
final class InputGate {
  private final BooleanSupplier room;
  private final Consumer<Object> handler;
  private final ArrayDeque<Object> setAside = new ArrayDeque<>(0);
  private boolean letting;

  /**
   * Makes a gate that stands open.
   *
   * @param room whether one more request could be taken
   * @param handler takes what is let in, and owns it from then on
   */
  InputGate(BooleanSupplier room, Consumer<Object> handler) {
    this.room = room;
    this.handler = handler;
  }

  /** Whether nothing waits outside. */
  boolean isClear() {
    return setAside.isEmpty();
  }

  /** Something has come from the client. */
  void arrived(Object message, ChannelConfig connection) {
    if (setAside.isEmpty() && passes(message)) {
      handler.accept(message);
      return;
    }
    setAside.add(message);
    connection.setAutoRead(false);
  }

  /** There may be room again for what was set aside; reads on when none of it is left. */
  void letIn(ChannelConfig connection) {
    if (letting || setAside.isEmpty()) {
      return;
    }
    letting = true;
    try {
      while (!setAside.isEmpty()) {
        if (!passes(setAside.peek())) {
          return;
        }
        handler.accept(setAside.poll());
      }
    } finally {
      letting = false;
    }
    connection.setAutoRead(true);
  }

  /** The body of a request follows wherever its head went. */
  private boolean passes(Object message) {
    return !(message instanceof HttpRequest) || room.getAsBoolean();
  }

  /** Throws away what was set aside. */
  void clear() {
    for (Object message : setAside) {
      ReferenceCountUtil.release(message);
    }
    setAside.clear();
  }
}
