package ai.mariner.rest;

import io.netty.channel.Channel;

/** Puts the handlers of a connection into its pipeline. */
final class HttpPipeline {
  private HttpPipeline() {}

  static void install(Channel channel, Listener listener, int maxHeaderBytes) {
    RequestDecoder decoder = new RequestDecoder(maxHeaderBytes, listener.context().clock());
    channel.pipeline().addLast(decoder).addLast(new HttpConnection(listener, decoder));
  }
}
