package ai.mariner.grpc;

import ai.mariner.core.access.AccessPolicy;
import ai.mariner.core.access.TokenScope;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import org.jspecify.annotations.Nullable;

/** A token for each scope: its name. */
final class TwoTokens implements AccessPolicy {
  /** Adds a token to calls. */
  static ClientInterceptor bearer(String token) {
    Metadata metadata = new Metadata();
    metadata.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
    return MetadataUtils.newAttachHeadersInterceptor(metadata);
  }

  @Override
  public @Nullable Failure check(TokenScope scope, @Nullable String authorization) {
    return ("Bearer " + scope).equals(authorization)
        ? null
        : Failure.of(ErrorKind.UNAUTHENTICATED, "Token missing.");
  }

  @Override
  public @Nullable Failure rotate(TokenScope scope, @Nullable String authorization) {
    return Failure.of(ErrorKind.ROUTE_NOT_FOUND, "No.");
  }
}
