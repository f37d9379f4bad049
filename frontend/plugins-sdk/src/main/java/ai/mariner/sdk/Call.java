package ai.mariner.sdk;

import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What is known of a call before anything of it is done. Immutable. */
public interface Call {
  /** What it belongs to, over whichever address it came. */
  ListenerKind listener();

  /** Whether it came over gRPC. */
  boolean isGrpc();

  /**
   * HTTP method, or gRPC method with its service: {@code
   * org.pytorch.serve.grpc.inference.InferenceAPIsService/Predictions}.
   */
  String method();

  /**
   * The route, with holes as the API description has them: {@code /predictions/{model}}; of a gRPC
   * call the same as {@link #method}.
   */
  String route();

  /** Path and query as they came; of a gRPC call its path. */
  String target();

  /**
   * The model, workflow or application program that path, query or message name. Absent: the call
   * is not about one, or says so only inside an HTTP body, as {@code POST /invocations} may and
   * {@code POST /models} without {@code model_name} does. Who decides by model refuses those.
   */
  Optional<String> model();

  /** The version that the call names; absent: the default version, or none. */
  Optional<String> version();

  /** Headers or ASCII metadata, with names in lower case; the token's header is among them. */
  Map<String, List<String>> headers();

  /** The first value of a header, whatever the case of its name. */
  default Optional<String> header(String name) {
    List<String> values = headers().get(name.toLowerCase(Locale.ROOT));
    return values == null || values.isEmpty() ? Optional.empty() : Optional.of(values.get(0));
  }

  /** Who is at the other end of the connection; absent: somebody on a Unix socket. */
  Optional<InetAddress> peer();
}
