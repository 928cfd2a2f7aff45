FROM perflab/base:local
COPY redis-entrypoint /usr/local/bin/
ENV PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8
VOLUME /data
EXPOSE 6379
ENTRYPOINT ["redis-entrypoint"]
CMD ["redis-server"]
