package ai.mariner.core.application;

import ai.mariner.core.message.Body;
import org.jspecify.annotations.Nullable;

/**
 * A page of an application that no stage makes.
 *
 * @param path its address
 * @param type content type
 * @param content its bytes
 * @param health whether it is only there while the application is ready
 * @param drainText what is there instead while it is not; absent: nothing
 * @param metricsNamespace begins the names of the application's metrics, which the page shows
 *     instead of the bytes; absent: it shows the bytes
 * @param openApi path of the OpenAPI document that Swagger UI shows here instead of the bytes;
 *     absent: it shows the bytes
 */
public record DocumentSpec(
    String path,
    String type,
    Body content,
    boolean health,
    @Nullable String drainText,
    @Nullable String metricsNamespace,
    @Nullable String openApi) {}
