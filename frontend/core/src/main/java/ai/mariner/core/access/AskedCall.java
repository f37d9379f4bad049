package ai.mariner.core.access;

import ai.mariner.core.message.Headers;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * A call, as {@link CallAuthorizer} is told of it.
 *
 * @param area what it belongs to
 * @param remote whether it is a remote procedure call, whose route is its method
 * @param method what is asked for
 * @param route which kind of path it is asked of
 * @param target path and query as they came
 * @param model the model that it names; absent: none
 * @param version the version that it names; absent: none
 * @param headers all that came with it, good for the length of {@link CallAuthorizer#authorize}
 * @param peer the other end of the connection; absent: it has no address
 */
public record AskedCall(
    CallArea area,
    boolean remote,
    String method,
    String route,
    String target,
    @Nullable String model,
    @Nullable String version,
    Headers headers,
    @Nullable InetAddress peer) {}
