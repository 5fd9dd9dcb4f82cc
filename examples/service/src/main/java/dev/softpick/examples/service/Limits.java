package dev.softpick.examples.service;

import dev.softpick.model.SoftpickTransformer;
import dev.softpick.model.Tensor;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.servlet.HandlerInterceptor;
import org.springframework.web.servlet.config.annotation.InterceptorRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/** What one request may ask for: the server itself limits forms, and no other body. */
@Component
class Limits implements HandlerInterceptor, WebMvcConfigurer {

    private final long largestRequest;
    private final int mostFrames;
    private final int embed;

    Limits(ServiceOptions options, SoftpickTransformer model) {
        largestRequest = options.largestRequest().toBytes();
        mostFrames = options.mostFrames();
        embed = model.config().embedDim();
    }

    @Override
    public void addInterceptors(InterceptorRegistry registry) {
        registry.addInterceptor(this);
    }

    /** Before the body is read. */
    @Override
    public boolean preHandle(HttpServletRequest request, HttpServletResponse response, Object handler) {
        if (request.getHeader(HttpHeaders.TRANSFER_ENCODING) != null) {
            throw new ResponseStatusException(HttpStatus.LENGTH_REQUIRED, "the request does not say its length");
        }
        if (request.getContentLengthLong() > largestRequest) {
            throw tooLarge("the body has " + request.getContentLengthLong() + " bytes; allowed are " + largestRequest);
        }
        return true;
    }

    Tensor check(Tensor x) {
        if (x.values().length > (long) mostFrames * embed) {
            throw tooLarge(x + " is more than " + mostFrames + " frames of " + embed);
        }
        return x;
    }

    private static ResponseStatusException tooLarge(String why) {
        return new ResponseStatusException(HttpStatus.CONTENT_TOO_LARGE, why);
    }
}
