package ai.mariner.rest;

import ai.mariner.core.error.ServeException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpRequest;

/** A whole request on its way to the action of its route. Closing it gives the body back. */
final class Call implements AutoCloseable {
  private final Exchange exchange;
  private final Router.Target target;
  private ByteBuf body;

  Call(Exchange exchange, Router.Target target, ByteBuf body) {
    this.exchange = exchange;
    this.target = target;
    this.body = body;
  }

  /** Where the answer goes. */
  Exchange exchange() {
    return exchange;
  }

  /** What the path says. */
  Router.Target target() {
    return target;
  }

  HttpRequest request() {
    return exchange.request();
  }

  /** The body, still owned by this call. */
  ByteBuf body() {
    return body;
  }

  /** The body, which the caller owns from now on. */
  ByteBuf takeBody() {
    ByteBuf taken = body;
    body = Unpooled.EMPTY_BUFFER;
    return taken;
  }

  /** Runs an action on this call; what goes wrong is told to the exchange. */
  void run(Route.Action action) {
    try {
      action.run(this);
    } catch (ServeException e) {
      exchange.fail(e.failure());
    } catch (RuntimeException e) {
      exchange.fail(InternalFault.of(e));
    }
  }

  @Override
  public void close() {
    body.release();
  }
}
