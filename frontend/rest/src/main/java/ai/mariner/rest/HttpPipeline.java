package ai.mariner.rest;

import ai.mariner.net.ServerTls;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/** Puts the handlers of a connection into its pipeline. */
final class HttpPipeline {
  private HttpPipeline() {}

  static void install(
      Channel channel, Listener listener, int maxHeaderBytes, @Nullable ServerTls tls) {
    if (tls != null) {
      channel.pipeline().addLast(new TlsEntrance(tls, listener.intake().headerTimeout()));
    }
    RequestDecoder decoder = new RequestDecoder(maxHeaderBytes, listener.context().clock());
    channel
        .pipeline()
        .addLast(new Preface(listener, maxHeaderBytes))
        .addLast(decoder)
        .addLast(HttpConnection.ofBytes(listener, decoder));
  }
}
