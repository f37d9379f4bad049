package ai.mariner.core.message;

import org.jspecify.annotations.Nullable;

/**
 * One named piece of a request's input.
 *
 * @param name key in the handler's data row, {@code body} for a plain body
 * @param contentType media type that decides how the worker decodes the bytes; absent: none
 * @param body the bytes, owned by the request
 */
public record InputPart(String name, @Nullable String contentType, Body body) {}
